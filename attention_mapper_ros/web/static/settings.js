// The controls of what is drawn. They show what the policy node says, and ask it for changes.

const TITLES = {
  'attention.method': 'Method',
  'attention.module': 'Module',
  'attention.layer': 'Layer',
  'attention.head': 'Head',
  'attention.query': 'Query',
  'attention.target': 'Target',
  'attention.baseline': 'Baseline',
  'attention.baseline_operation': 'Operation',
};
const OTHER = 'several…';
const SETTLE_MS = 2500; // the node's own word comes within a second; until then the user's stays

// A setting that another one makes meaningless, and when it has a meaning.
const MATTERS = {
  'attention.target': (values) => values['attention.method'] === 'gradient',
  'attention.baseline_operation': (values) => values['attention.baseline'] !== 'none',
};

export class Settings {
  /** card: the section; post(path, body) -> promise of {success, message}. */
  constructor(card, post) {
    this.card = card;
    this.grid = card.querySelector('.settings');
    this.error = card.querySelector('.setting-error');
    this.post = post;
    this.controls = new Map(); // name -> {label, select, input, shown}
    this.wanted = new Map(); // name -> {value, until}: what the user chose, until the node has it
    this.settings = [];
  }

  /** Show the settings of the node; present: it can be asked. */
  show(settings, present) {
    this.settings = settings;
    this.card.hidden = settings.length === 0;
    const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
    for (const setting of settings) {
      const control = this.control(setting.name);
      this.offer(control, setting);
      const matters = MATTERS[setting.name]?.(values) ?? true;
      control.select.disabled = !present || !matters;
      control.label.toggleAttribute('data-off', !matters);
    }
  }

  control(name) {
    if (!this.controls.has(name)) {
      const label = document.createElement('label');
      label.dataset.setting = name;
      const title = document.createElement('span');
      title.textContent = TITLES[name] ?? name;
      const select = document.createElement('select');
      const input = document.createElement('input');
      input.hidden = true;
      input.setAttribute('aria-label', `${title.textContent}, several`);
      input.autocomplete = 'off';
      input.placeholder = '0,2';
      label.append(title, select, input);
      select.addEventListener('change', () => this.chosen(name));
      input.addEventListener('keydown', (event) => this.typed(name, event));
      input.addEventListener('blur', () => this.showInput(name, false));
      this.grid.append(label);
      this.controls.set(name, { label, select, input, shown: '' });
    }
    return this.controls.get(name);
  }

  // Rebuilt only when something has changed, so that an open list stays open.
  offer(control, { name, value, choices, free, description, constraints }) {
    const wanted = this.wanted.get(name);
    if (wanted && (wanted.value === value || performance.now() > wanted.until)) {
      this.wanted.delete(name);
    }
    const current = this.wanted.get(name)?.value ?? value;
    const options = choices.includes(current) ? [...choices] : [current, ...choices];
    if (free) options.push(OTHER);
    const shown = JSON.stringify([options, current]);
    if (shown === control.shown) return;
    control.shown = shown;
    control.label.title = constraints ? `${description} (${constraints})` : description;
    control.select.replaceChildren(...options.map((option) => new Option(option, option)));
    control.select.value = current;
  }

  chosen(name) {
    const { select } = this.controls.get(name);
    if (select.value === OTHER) {
      this.showInput(name, true);
    } else {
      this.set(name, select.value);
    }
  }

  typed(name, event) {
    const { input } = this.controls.get(name);
    if (event.key === 'Escape') this.showInput(name, false);
    if (event.key !== 'Enter') return;
    event.preventDefault();
    if (input.value.trim()) this.set(name, input.value.trim());
    this.showInput(name, false);
  }

  showInput(name, open) {
    const control = this.controls.get(name);
    if (control.input.hidden !== open) return;
    control.input.hidden = !open;
    control.select.hidden = open;
    control.input.value = '';
    control.shown = ''; // the list stood on "several"
    if (open) control.input.focus();
    else this.redraw(name);
  }

  redraw(name) {
    const setting = this.settings.find((one) => one.name === name);
    if (setting) this.offer(this.controls.get(name), setting);
  }

  async set(name, value) {
    const control = this.controls.get(name);
    this.wanted.set(name, { value, until: performance.now() + SETTLE_MS });
    control.label.setAttribute('aria-busy', 'true');
    const answer = await this.post('/api/setting', { name, value });
    control.label.removeAttribute('aria-busy');
    if (!answer.success) {
      this.wanted.delete(name);
      control.shown = '';
      this.redraw(name);
    }
    this.error.textContent = answer.success
      ? '' : `${TITLES[name] ?? name} was not set to ${value}: ${answer.message}`;
    this.error.hidden = answer.success;
  }
}
