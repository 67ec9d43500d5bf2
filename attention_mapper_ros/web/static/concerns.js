// What the policy node says about itself: a line for each concern, the worst on top, its figures
// inside. The words are the node's own, the same as on /diagnostics.

const SILENT_S = 5; // a status that is older than this is no news; the node sends one a second
const LEVELS = ['ok', 'warning', 'error', 'silent']; // of a DiagnosticStatus, by number
const WORDS = { ok: 'OK', warning: 'Warning', error: 'Error', silent: 'No news' };
const RANK = { ok: 0, warning: 1, silent: 2, error: 3 };

const ORDER = ['policy', 'ticks', 'inputs', 'forward', 'actions', 'attention']; // where levels tie

const count = (number, what) => (number === 1 ? `1 ${what}` : `${number} ${what}s`);

/** The concerns of the node, worst first: [{name, level, message, values}]. */
export function concernsOf(statuses) {
  const concerns = statuses.map(({ name, level, message, values, age_s: age }) => {
    const silent = age > SILENT_S;
    return {
      name: name.slice(name.indexOf(': ') + 2),
      level: silent ? 'silent' : LEVELS[level] ?? 'error',
      message: silent ? `nothing heard for ${Math.round(age)} s; before: ${message}` : message,
      values,
    };
  });
  return concerns.sort((a, b) => RANK[b.level] - RANK[a.level]
    || ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
}

/** All figures of the node in one, by key. */
export const figuresOf = (concerns) => Object.assign({}, ...concerns.map(({ values }) => values));

/** Whether the node is heard at all. */
export const isHeard = (concerns) => concerns.some(({ level }) => level !== 'silent');

/** Those of one level in words: {names, text}; null when there are none. */
export function summaryOf(concerns, level) {
  const found = concerns.filter((concern) => concern.level === level);
  if (found.length === 0) return null;
  // A reason that several concerns give is said once.
  const said = found.map(({ message }) => message)
    .filter((one, i, all) => !all.some((other, j) => j !== i && other.includes(one)
      && (other !== one || j < i)));
  return { names: found.map(({ name }) => name).join(', '), text: said.join('; ') };
}

export class Concerns {
  /** card: the section, with .overall and .concerns in it. */
  constructor(card) {
    this.overall = card.querySelector('.overall');
    this.list = card.querySelector('.concerns');
    this.rows = new Map(); // name -> {details, word, message, table, shown}
    this.order = '';
  }

  show(concerns) {
    if (concerns.length === 0) return;
    for (const concern of concerns) this.update(concern);
    const order = concerns.map(({ name }) => name).join('\n');
    if (order !== this.order) {
      this.order = order;
      this.list.replaceChildren(...concerns.map(({ name }) => this.rows.get(name).details));
    }
    this.overall.textContent = this.inWords(concerns);
    this.overall.dataset.level = concerns[0].level;
  }

  inWords(concerns) {
    const of = (level) => concerns.filter((concern) => concern.level === level).length;
    const [errors, silent, warnings] = ['error', 'silent', 'warning'].map(of);
    const parts = [errors && count(errors, 'error'), silent && `${silent} without news`,
      warnings && count(warnings, 'warning')].filter(Boolean);
    return parts.join(', ') || 'All well';
  }

  // Changed in place, so that what somebody has opened stays open.
  update(concern) {
    const row = this.row(concern.name);
    const now = JSON.stringify(concern);
    if (now === row.shown) return;
    row.shown = now;
    row.details.dataset.level = concern.level;
    row.word.textContent = WORDS[concern.level];
    row.message.textContent = concern.message;
    row.table.replaceChildren(...Object.entries(concern.values).map(([key, value]) => {
      const line = document.createElement('tr');
      line.insertCell().textContent = key;
      line.insertCell().textContent = value;
      return line;
    }));
  }

  row(name) {
    if (!this.rows.has(name)) {
      const [details, summary, title, word, message, table] = ['details', 'summary', 'b', 'em', 'p',
        'table'].map((tag) => document.createElement(tag));
      details.dataset.concern = name;
      title.textContent = name;
      summary.append(title, word, message);
      details.append(summary, table);
      this.rows.set(name, { details, word, message, table: table.createTBody(), shown: '' });
    }
    return this.rows.get(name);
  }
}
