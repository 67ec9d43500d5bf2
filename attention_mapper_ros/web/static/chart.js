// Shares over the last minute as stacked areas, on a canvas.

const SPAN_MS = 60000;
const GAP_MS = 2000; // longer silence is shown as a gap, not bridged

export class ShareChart {
  constructor(canvas) {
    this.canvas = canvas;
    this.samples = []; // {time, shares: [number]}, oldest first
    this.colours = [];
    this.groups = '';
  }

  /** Take one sample; returns whether its groups are others than before. */
  add(groups, colours) {
    const names = groups.map(([name]) => name).join('\n');
    const changed = names !== this.groups; // the first, or another policy
    if (changed) this.samples = [];
    this.groups = names;
    this.colours = colours;
    const time = performance.now();
    this.samples.push({ time, shares: groups.map(([, share]) => share) });
    while (this.samples[0].time < time - SPAN_MS - GAP_MS) this.samples.shift();
    return changed;
  }

  draw() {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext('2d');
    context.clearRect(0, 0, width, height);
    const now = performance.now();
    for (const run of this.runs()) this.drawRun(context, run, now, width, height);
    context.strokeStyle = '#ffffff30';
    context.lineWidth = 1;
    for (const level of [0.25, 0.5, 0.75]) {
      const y = Math.round(height * level) + 0.5;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
    }
  }

  runs() {
    const runs = [];
    let last = null;
    for (const sample of this.samples) {
      if (last === null || sample.time - last.time > GAP_MS) runs.push([]);
      runs.at(-1).push(sample);
      last = sample;
    }
    return runs;
  }

  drawRun(context, run, now, width, height) {
    const x = (sample) => width * (1 - (now - sample.time) / SPAN_MS);
    const floor = run.map(() => 0);
    this.colours.forEach((colour, group) => {
      context.beginPath();
      run.forEach((sample, i) => context.lineTo(x(sample), height * (1 - floor[i])));
      run.forEach((sample, i) => { floor[i] += sample.shares[group]; });
      for (let i = run.length - 1; i >= 0; i -= 1) {
        context.lineTo(x(run[i]), height * (1 - floor[i]));
      }
      context.closePath();
      context.fillStyle = colour;
      context.fill();
    });
  }
}
