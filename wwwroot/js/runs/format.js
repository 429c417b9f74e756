// Numbers as people read them, in the page's language. No DOM beyond <html lang>.

const locale = () => document.documentElement.lang || "en";

const cache = new Map();
function plain(digits) {
  const key = locale() + digits;
  if (!cache.has(key)) cache.set(key, new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: 0 }));
  return cache.get(key);
}

export const integer = value => plain(0).format(value);

/** Three significant digits; exponent where a plain number would hide them. */
export function significant(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  if (size >= 1000) return integer(value);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4);
}

/** Steps a second, or seconds a step when slower than one a second. */
export function pace(stepsPerSecond, texts) {
  if (!(stepsPerSecond > 0)) return "–";
  return stepsPerSecond >= 1
    ? `${plain(stepsPerSecond >= 10 ? 1 : 2).format(stepsPerSecond)} ${texts.stepsPerSecond}`
    : `${plain(1).format(1 / stepsPerSecond)} ${texts.secondsPerStep}`;
}

/** A span such as "1 h 5 min"; two units at most, since an estimate is no more exact than that. */
export function duration(seconds, texts) {
  if (!(seconds >= 0) || !Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} ${texts.seconds}`;
  if (whole < 3600) {
    const minutes = Math.floor(whole / 60), rest = whole % 60;
    return minutes < 10 && rest ? `${minutes} ${texts.minutes} ${rest} ${texts.seconds}` : `${Math.round(whole / 60)} ${texts.minutes}`;
  }
  if (whole < 86400) return `${Math.floor(whole / 3600)} ${texts.hours} ${Math.floor(whole % 3600 / 60)} ${texts.minutes}`;
  return `${Math.floor(whole / 86400)} ${texts.days} ${Math.floor(whole % 86400 / 3600)} ${texts.hours}`;
}

export function bytes(value) {
  if (!(value >= 0)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (value >= 1024 && i < units.length - 1) {
    value /= 1024;
    i++;
  }
  return `${plain(value >= 100 || i === 0 ? 0 : 1).format(value)} ${units[i]}`;
}

/** Value of a metric with its unit. */
export function metric(name, value) {
  if (name === "memory_bytes") return bytes(value);
  if (name === "learning_rate") return value?.toExponential?.(2) ?? "–";
  return significant(value);
}
