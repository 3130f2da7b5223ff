/**
 * How audio reaches the kernel: by a submission ring of Linux, which takes many packets at once; by a call of libc for each; or by
 * node:dgram, which goes everywhere and knows arrival times only as the times of its callbacks.
 */
export const NET_BACKENDS = ['io_uring', 'libc', 'dgram'] as const;
export type NetBackend = (typeof NET_BACKENDS)[number];

/** The best that there is from this one on, in the order of `NET_BACKENDS`. */
export type NetBackendChoice = 'auto' | Exclude<NetBackend, 'io_uring'>;
