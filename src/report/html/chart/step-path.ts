/** SVG paths of stepped lines and bands: a figure holds for its whole bin, and unknown bins leave a gap. */
import { coordinate } from './frame.js';

/** A flat piece from `x0` to `x1`, all in SVG coordinates. */
export interface Step {
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
}

export interface BandStep extends Step {
  /** The other edge of the band. */
  readonly y2: number;
}

const TOUCHING = 0.05;

/** The line through `steps`, broken where two do not touch. */
export function linePath(steps: readonly Step[]): string {
  return steps
    .map(({ x0, x1, y }, index) => {
      const touches = isTouching(steps[index - 1], x0);
      return `${touches ? 'V' : `M${coordinate(x0)} `}${coordinate(y)}H${coordinate(x1)}`;
    })
    .join('');
}

/** The area between `y` and `y2` of `steps`: one closed shape for each run of touching steps. */
export function bandPath(steps: readonly BandStep[]): string {
  return runsOf(steps).map(closedShape).join('');
}

function closedShape(run: readonly BandStep[]): string {
  const back = run.toReversed().map(({ x0, y2 }) => `V${coordinate(y2)}H${coordinate(x0)}`);
  return `${linePath(run)}${back.join('')}Z`;
}

function runsOf(steps: readonly BandStep[]): BandStep[][] {
  const runs: BandStep[][] = [];
  steps.forEach((step, index) => {
    const run = runs.at(-1);
    if (run !== undefined && isTouching(steps[index - 1], step.x0)) run.push(step);
    else runs.push([step]);
  });
  return runs;
}

function isTouching(previous: Step | undefined, x0: number): boolean {
  return previous !== undefined && Math.abs(previous.x1 - x0) < TOUCHING;
}
