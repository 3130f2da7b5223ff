/** Starts worker threads and gives each a typed handle; a thread that ends unasked is reported, not fatal. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type {
  MediaCommand,
  MediaReport,
  MediaWorkerSetup,
  SignallingCommand,
  SignallingReport,
  SignallingSetup,
} from './messages.js';

export interface WorkerHandle<Command, Report> {
  onReport: (report: Report) => void;
  /** The thread died of a fault of its own; the reason in words. */
  onLost: (reason: string) => void;
  post(command: Command, transfer?: readonly MessagePort[]): void;
  /**
   * Asks the thread to end, and resolves when it has: all its reports have been heard by then. It is never torn down while it
   * may be inside native code, which would abort the process; only one that does not answer any more is.
   */
  stop(): Promise<void>;
}

/** A thread that has not ended by then hangs, and is torn down. */
const STOP_TIMEOUT_MS = 5000;

export type MediaHandle = WorkerHandle<MediaCommand, MediaReport>;
export type SignallingHandle = WorkerHandle<SignallingCommand, SignallingReport>;

export function startMediaWorker(setup: MediaWorkerSetup): MediaHandle {
  return start<MediaCommand, MediaReport>('media', setup);
}

export function startSignallingWorker(setup: SignallingSetup): SignallingHandle {
  return start<SignallingCommand, SignallingReport>('signalling', setup);
}

/** Joins a media and a signalling worker by a channel of their own, which main does not hear. */
export function joinWorkers(
  media: MediaHandle,
  signalling: SignallingHandle,
  link: { worker: number; slots: number },
): void {
  const channel = new MessageChannel();
  media.post({ type: 'channel', port: channel.port1, slots: link.slots }, [channel.port1]);
  signalling.post({ type: 'media', worker: link.worker, port: channel.port2 }, [channel.port2]);
}

function start<Command, Report>(file: 'media' | 'signalling', setup: unknown): WorkerHandle<Command, Report> {
  const worker = new Worker(new URL(`./${file}.js`, import.meta.url), { workerData: setup, name: `callgauge-${file}` });
  let failure: string | null = null;
  let stopped = false;
  const handle: WorkerHandle<Command, Report> = {
    onReport: () => {},
    onLost: () => {},
    post: (command, transfer = []) => worker.postMessage(command, [...transfer]),
    stop: async () => {
      stopped = true;
      worker.postMessage({ type: 'stop' });
      const timer = setTimeout(() => void worker.terminate(), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      resolve();
      if (!stopped) {
        handle.onLost(failure ?? `the thread ended with code ${code}`);
      }
    });
  });
  worker.on('message', (report: Report) => handle.onReport(report));
  worker.on('error', (error) => {
    failure = error.stack ?? error.message;
  });
  return handle;
}
