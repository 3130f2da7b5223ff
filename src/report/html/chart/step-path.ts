/**
 * SVG paths of stepped lines and bands: a figure holds for its whole bin, and unknown bins leave a gap. Coordinates are
 * whole numbers, relative, and equal steps are one: that keeps a report of many charts small.
 */

/** A flat piece from `x0` to `x1`, in whole units of the plot. */
export interface Step {
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
}

export interface BandStep extends Step {
  /** The other edge of the band. */
  readonly y2: number;
}

/** The line through `steps`, broken where two do not touch. */
export function linePath(steps: readonly Step[]): string {
  return runsOf(steps)
    .map((run) => `M${run[0]?.x0 ?? 0} ${run[0]?.y ?? 0}${staircase(run)}`)
    .join('');
}

/** The area between `y` and `y2` of `steps`: one closed shape for each run of touching steps. */
export function bandPath(steps: readonly BandStep[]): string {
  return runsOf(steps).map(closedShape).join('');
}

function closedShape(run: readonly BandStep[]): string {
  const last = run.at(-1);
  if (last === undefined) return '';
  const back = run.toReversed().map(({ x0, x1, y2 }) => ({ x0: x1, x1: x0, y: y2 }));
  return `${linePath(run)}v${last.y2 - last.y}${staircase(back)}z`;
}

/** From the height of the first step on, in either direction. */
function staircase(run: readonly Step[]): string {
  let path = '';
  let width = 0;
  let height = run[0]?.y ?? 0;
  for (const { x0, x1, y } of run) {
    if (y !== height) {
      path += `h${width}v${y - height}`;
      width = 0;
      height = y;
    }
    width += x1 - x0;
  }
  return `${path}h${width}`;
}

function runsOf<S extends Step>(steps: readonly S[]): S[][] {
  const runs: S[][] = [];
  steps.forEach((step, index) => {
    const run = runs.at(-1);
    if (run !== undefined && steps[index - 1]?.x1 === step.x0) run.push(step);
    else runs.push([step]);
  });
  return runs;
}
