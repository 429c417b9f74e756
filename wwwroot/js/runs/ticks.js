// Numbers beside a logarithmic axis. No DOM in here.

const leads = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]];

/**
 * Ascending round numbers within [low, high], both above 0: at least two, at most `most` or seven. uPlot's own come by repeated adding and rounding
 * and never end where the first sum is rounded past a power of ten (1.6.32; low = 0.0987 is one of those).
 */
export function logTicks(low, high, most) {
  for (const digits of leads) {
    const ticks = decades(low, high, digits);
    if (ticks.length > most) continue;
    // Less than a decade may hold one of them or none.
    return ticks.length >= (high < 10 * low ? 3 : 2) ? ticks : linearTicks(low, high);
  }
  const powers = decades(low, high, [1]), stride = Math.ceil(powers.length / most);
  return powers.filter((_, i) => i % stride === 0);
}

function decades(low, high, digits) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of digits) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

/** The fewest that are three. */
function linearTicks(low, high) {
  for (let power = Math.ceil(Math.log10(high - low)); ; power--) {
    for (const digit of [5, 2, 1]) {
      const step = Number(`${digit}e${power}`), ticks = [];
      // Counted, not added up: sums of fractions drift.
      for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(Number((i * step).toPrecision(12)));
      if (ticks.length >= 3) return ticks;
    }
  }
}
