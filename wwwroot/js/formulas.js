// Formulas in members' texts: KaTeX is fetched only by pages that have one. What it cannot read stays as it was typed.
const formulas = document.querySelectorAll('.words .math');

function load(tag, attributes) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });
}

if (formulas.length > 0) {
  try {
    await Promise.all([
      load('link', { rel: 'stylesheet', href: '/lib/katex/katex.min.css' }),
      load('script', { src: '/lib/katex/katex.min.js' }),
    ]);
    for (const formula of formulas) {
      const wide = formula.tagName === 'DIV';
      const text = formula.textContent.trim().replace(/^\\[([]/, '').replace(/\\[)\]]$/, '');
      window.katex.render(text, formula, { displayMode: wide, throwOnError: false, trust: false, maxExpand: 200 });
      if (wide) formula.tabIndex = 0;
    }
  } catch { /* the words can be read without */ }
}
