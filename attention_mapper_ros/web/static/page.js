// The page: puts what the connection brings into the document.

import { ShareChart } from './chart.js';
import { Concerns, concernsOf, figuresOf, isHeard, summaryOf } from './concerns.js';
import { Live } from './live.js';
import { Settings } from './settings.js';

// The colours of the overlays' share bar (rendering/strip.py); a test keeps them equal.
const CAMERA_COLOURS = ['#56b4e9', '#009e73', '#cc79a7', '#f0e442'];
const GROUP_COLOURS = {
  joints: '#e69f00', environment: '#d55e00', language: '#7a82f0', latent: '#808692',
};
const CAMERA_PREFIX = 'observation.images.';

const STALE_S = 2; // an overlay older than this is not shown as live
const FPS_WINDOW_MS = 3000;
const OLD_INPUT_MS = 500;

const byId = (id) => document.getElementById(id);
const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const shortName = (group) => group.replace(CAMERA_PREFIX, '');
const percent = (share) => (share > 0 && share < 0.005 ? '<1 %' : `${Math.round(100 * share)} %`);
const seconds = (value) => (value < 90 ? `${value.toFixed(1)} s` : `${Math.round(value / 60)} min`);

const cameras = new Map(); // name -> {figure, canvas, fps, drawn: [times]}
const chart = new ShareChart(byId('history'));
let connected = false;
let node = 'act_policy';
let state = null;
let shareNumber = null;
let enableWanted = null; // what the user asked for, until diagnostics say so

// --- pictures

function cameraOf(name) {
  if (!cameras.has(name)) {
    const canvas = element('canvas', { role: 'img', 'aria-label': `${name} camera with attention` });
    const fps = element('span', { class: 'fps quiet' });
    const caption = element('figcaption', {}, element('b', {}, name), fps);
    const figure = element('figure', { class: 'camera card', 'data-camera': name }, caption, canvas);
    cameras.set(name, { figure, canvas, fps, drawn: [] });
    // In the order of their names, whichever came first.
    const sorted = [...cameras.keys()].sort().map((key) => cameras.get(key).figure);
    byId('cameras').replaceChildren(...sorted);
  }
  return cameras.get(name);
}

async function showPicture(name, blob) {
  const bitmap = await createImageBitmap(blob);
  const camera = cameraOf(name);
  if (camera.canvas.width !== bitmap.width || camera.canvas.height !== bitmap.height) {
    camera.canvas.width = bitmap.width;
    camera.canvas.height = bitmap.height;
  }
  camera.canvas.getContext('2d').drawImage(bitmap, 0, 0);
  bitmap.close();
  camera.drawn.push(performance.now());
}

function rateOf(camera) {
  const now = performance.now();
  camera.drawn = camera.drawn.filter((time) => time > now - FPS_WINDOW_MS);
  const { drawn } = camera;
  return drawn.length < 2 ? 0 : (1000 * (drawn.length - 1)) / (drawn.at(-1) - drawn[0]);
}

function showCameras() {
  for (const [name, camera] of cameras) {
    const known = state?.cameras[name];
    if (connected && state && !known) {
      camera.figure.remove();
      cameras.delete(name);
      continue;
    }
    const stale = !connected || known.age_s > STALE_S;
    camera.figure.toggleAttribute('data-stale', stale);
    const rate = rateOf(camera);
    camera.figure.dataset.fps = rate.toFixed(1);
    let text = rate > 0 ? `${rate.toFixed(1)} pictures/s` : '';
    if (stale) text = connected ? `${seconds(known.age_s)} old` : 'not live';
    if (camera.fps.textContent !== text) camera.fps.textContent = text;
  }
  byId('no-cameras').hidden = cameras.size > 0;
}

// --- shares

function coloursOf(groups) {
  let camera = 0;
  return groups.map(([name]) => {
    if (GROUP_COLOURS[name]) return GROUP_COLOURS[name];
    camera += 1;
    return CAMERA_COLOURS[(camera - 1) % CAMERA_COLOURS.length];
  });
}

const shareRows = new Map(); // group -> {row, output, fill}

function rowOf(name, colour) {
  if (!shareRows.has(name)) {
    const output = element('output');
    const fill = element('i');
    fill.style.background = colour;
    const row = element('li', { 'data-group': name }, element('span', {}, shortName(name)), output,
      element('div', { class: 'bar', 'aria-hidden': 'true' }, fill));
    shareRows.set(name, { row, output, fill });
  }
  return shareRows.get(name);
}

function showShares() {
  const shares = state.shares;
  if (!shares || shares.number === shareNumber) {
    chart.draw();
    return;
  }
  shareNumber = shares.number;
  const colours = coloursOf(shares.groups);
  if (chart.add(shares.groups, colours)) {
    shareRows.clear();
    const rows = shares.groups.map(([name], index) => rowOf(name, colours[index]).row);
    byId('shares').replaceChildren(...rows);
  }
  for (const [name, share] of shares.groups) {
    const { output, fill } = shareRows.get(name);
    output.textContent = percent(share);
    fill.style.width = `${100 * share}%`;
  }
  chart.draw();
}

// --- diagnostics

const FIGURES = [
  ['Rate', (v) => [v.rate_hz, 'Hz', v.target_rate_hz && `of ${number(v.target_rate_hz)}`],
    (v) => Number(v.rate_hz) < 0.9 * Number(v.target_rate_hz)],
  ['Actions', (v) => [v.action_rate_hz, 'Hz'], () => false],
  ['Forward', (v) => [v.forward_ms, 'ms', v.forward_p95_ms && `p95 ${number(v.forward_p95_ms)}`],
    () => false],
  ['Drawing', (v) => [v.draw_ms, 'ms'], () => false],
  ['Late ticks', (v) => [v.late_ticks, ''], () => false],
  ['Skipped ticks', (v) => [v.skipped_ticks, ''], () => false],
  ['Overlays dropped', (v) => [v.overlays_dropped, ''], () => false],
  ['Actions queued', (v) => [v.queue_depth, '', v.schedule], () => false],
];

function number(text) {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) return text;
  // One decimal where the node gives decimals, so that figures do not jump about.
  return text.includes('.') ? value.toFixed(value < 100 ? 1 : 0) : text;
}

function showFigures(values) {
  byId('figures').replaceChildren(...FIGURES.flatMap(([name, read, warns]) => {
    const [value, unit, detail] = read(values);
    if (value === undefined) return [];
    const group = element('div', {}, element('dt', {}, name),
      element('dd', {}, number(value), element('small', {},
        [unit && ` ${unit}`, detail && ` ${detail}`].filter(Boolean).join(''))));
    group.toggleAttribute('data-warn', warns(values));
    return [group];
  }));
}

function showInputs(values) {
  const ages = Object.entries(values).filter(([key]) => key.startsWith('age_ms '));
  if (ages.length === 0) return;
  byId('inputs').replaceChildren(...ages.map(([key, age]) => {
    const known = age !== '' && Number.isFinite(Number(age));
    const shown = known ? `${Math.round(Number(age))} ms` : age || 'nothing yet';
    const item = element('li', {}, element('span', {}, key.slice('age_ms '.length)),
      element('output', {}, shown));
    item.toggleAttribute('data-warn', !known || Number(age) > OLD_INPUT_MS);
    return item;
  }));
}

// Rebuilt only when the node has told something new: layout costs more than pictures do.
let valuesShown = null;
function showValues(values) {
  const now = JSON.stringify(values);
  if (now === valuesShown) return;
  valuesShown = now;
  showFigures(values);
  showInputs(values);
  const about = [values.policy, values.checkpoint, values.attention].filter(Boolean);
  byId('checkpoint').textContent = about.join(' · ') || '\u00a0';
}

// --- switches

function showSwitches(values, present) {
  if (values.enabled === String(enableWanted)) enableWanted = null;
  const enabled = enableWanted ?? values.enabled === 'true';
  const button = byId('enable');
  button.setAttribute('aria-checked', String(enabled));
  byId('enable-text').textContent = enabled ? 'Actions on' : 'Actions off';
  button.disabled = !present;
  byId('reset').disabled = !present;
}

let noticeTimer = null;
function notify(text, good) {
  const notice = byId('notice');
  notice.textContent = text;
  notice.toggleAttribute('data-good', good);
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { notice.hidden = true; }, good ? 3000 : 10000);
}

async function useSwitch(button, path, body) {
  button.setAttribute('aria-busy', 'true');
  const answer = await live.post(path, body);
  button.removeAttribute('aria-busy');
  return answer;
}

byId('enable').addEventListener('click', async () => {
  const button = byId('enable');
  const wanted = button.getAttribute('aria-checked') !== 'true';
  const answer = await useSwitch(button, '/api/enable', { enabled: wanted });
  if (answer.success) {
    enableWanted = wanted;
    // Diagnostics come once a second; if they still differ then, they are right.
    setTimeout(() => { enableWanted = null; }, 3000);
  } else {
    notify(`Actions were not switched ${wanted ? 'on' : 'off'}: ${answer.message}`, false);
  }
  show();
});

byId('reset').addEventListener('click', async () => {
  const answer = await useSwitch(byId('reset'), '/api/reset');
  if (answer.success) notify('New episode: the policy has forgotten its queued actions.', true);
  else notify(`The policy was not reset: ${answer.message}`, false);
});

// --- what is going on, and what to do about it

function situation(concerns, values, present) {
  const why = values.skip_reason ? ` The policy says: ${values.skip_reason}.` : '';
  const shown = Object.entries(state?.cameras ?? {});
  const stale = shown.filter(([, camera]) => camera.age_s > STALE_S);
  if (!connected) {
    return ['lost', 'Page server not reachable',
      'Trying again every second. If it has ended, start it with: ros2 run attention_mapper_ros attention_page'];
  }
  if (!present && shown.length === stale.length) {
    return ['waiting', `Waiting for ${node}`,
      'Start it with: ros2 launch attention_mapper_ros act_live.launch.py. If it runs, compare its namespace and ROS_DOMAIN_ID with those of this page.'];
  }
  const errors = summaryOf(concerns, 'error');
  if (errors) return ['error', `Error: ${errors.names}`, errors.text];
  const policy = concerns.find(({ name }) => name === 'policy');
  if (values.lifecycle !== undefined && values.lifecycle !== 'active') {
    return ['off', 'The policy does not run', policy?.message ?? ''];
  }
  if (shown.length === 0) {
    return ['nothing', 'No overlays yet',
      `${node} is there but has sent no picture.${why || ' Check that its cameras publish.'}`];
  }
  if (stale.length > 0) {
    const names = stale.map(([name, camera]) => `${name} (${seconds(camera.age_s)})`).join(', ');
    return ['stale', 'Not live', `No new overlay from ${names}.${why || ' Check that the camera publishes.'}`];
  }
  const warnings = summaryOf(concerns, 'warning');
  if (warnings) return ['warning', `Live, with a warning: ${warnings.names}`, warnings.text];
  if (values.enabled === 'false') {
    return ['off', 'Live, actions off', 'The policy runs and is shown; the robot does not get its actions.'];
  }
  if (values.dry_run === 'true') {
    return ['off', 'Live, dry run', 'The policy runs and is shown; its actions are not published.'];
  }
  const acting = values.enabled === 'true';
  return ['live', 'Live', acting ? 'The policy runs and its actions go to the robot.' : ''];
}

function show() {
  const concerns = concernsOf(state?.statuses ?? []);
  const values = figuresOf(concerns);
  const present = connected && isHeard(concerns);
  const [kind, title, text] = situation(concerns, values, present);
  const banner = byId('banner');
  banner.dataset.state = kind;
  if (byId('banner-title').textContent !== title) byId('banner-title').textContent = title;
  if (byId('banner-text').textContent !== text) byId('banner-text').textContent = text;
  showSwitches(values, present);
  showCameras();
  if (!state) return;
  health.show(concerns);
  settings.show(state.settings, present);
  showShares();
  showValues(values);
}

const live = new Live({
  onPicture: showPicture,
  onState: (received) => { state = received; show(); },
  onConnected: (now, name) => {
    connected = now;
    if (now) {
      state = null;
      shareNumber = null;
      node = name;
      byId('node').textContent = name;
      document.title = `Attention · ${name}`;
    }
    show();
  },
});

const health = new Concerns(byId('diagnostics'));
const settings = new Settings(byId('settings'), (path, body) => live.post(path, body));

live.start();
