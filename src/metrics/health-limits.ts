/** From where on the generator spoils figures of the run: part of the contract with the user, printed with each sentence that names one. */
export const HEALTH_LIMITS = {
  sendLatenessP99Ms: 5,
  missedPacketRatio: 0.001,
  receiveDropRatio: 0.0001,
  eventLoopDelayP99Ms: 20,
  /** A start this long after its time was not achieved. */
  startLagMs: 500,
  achievedStarts: 0.98,
  /** Of the audio that was due, and not skipped: below it the target was not loaded as the run promised. */
  achievedAudio: 0.95,
  /** Less than a second of one call's audio that is skipped is a short stall of the host, whatever share of a short run it is. */
  skippedPackets: 50,
  /** From where on the CPU of the host counts as used up, over a second and all cores. */
  hostCpuRatio: 0.95,
} as const;
