/* Dates and times as text. */

const FORMATS = { t: { timeStyle: 'short' }, T: { timeStyle: 'medium' }, d: { dateStyle: 'short' }, D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' }, F: { dateStyle: 'full', timeStyle: 'short' } };

const UNITS = [['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 0]];

export function formatTimestamp(seconds, style = 'f') {
  if (style !== 'R') return new Intl.DateTimeFormat(undefined, FORMATS[style]).format(new Date(seconds * 1000));
  const away = seconds - Date.now() / 1000;
  const [unit, size] = UNITS.find(([, least]) => Math.abs(away) >= least);
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(away / (size || 1)), unit);
}

export function formatDate(iso) {
  const date = new Date(iso);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
  const time = formatTimestamp(date / 1000, 't');
  return days === 0 ? `Today at ${time}` : days === 1 ? `Yesterday at ${time}` : `${formatTimestamp(date / 1000, 'd')} ${time}`;
}
