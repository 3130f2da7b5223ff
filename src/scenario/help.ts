/** A leaf's help for editors: what it is, and how it may be written. */
export const help = (description: string, ...examples: unknown[]) =>
  examples.length === 0 ? { description } : { description, examples };
