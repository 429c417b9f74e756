// Times in the visitor's own zone. The community meets in UTC+8, so the title always has that too.
const language = document.documentElement.lang;
const own = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
const at = (date, timeZone) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(date);

export function localise(root = document) {
  for (const time of root.querySelectorAll('time[data-moment]')) {
    const date = new Date(time.dateTime);
    time.title = `${at(date, 'UTC')} UTC · ${at(date, 'Asia/Shanghai')} UTC+8`;
    time.textContent = own.format(date);
  }
}

localise();
