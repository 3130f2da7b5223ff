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
  /** Ends it at once. */
  terminate(): Promise<void>;
}

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
    terminate: async () => {
      stopped = true;
      await worker.terminate();
    },
  };
  worker.on('message', (report: Report & { readonly type: string }) => {
    // A signalling thread without its socket ends; a media thread that finds no further port lives on.
    stopped ||= report.type === 'stopped' || (report.type === 'cannot-open' && file === 'signalling');
    handle.onReport(report);
  });
  worker.on('error', (error) => {
    failure = error.stack ?? error.message;
  });
  worker.on('exit', (code) => {
    if (!stopped) {
      handle.onLost(failure ?? `the thread ended with code ${code}`);
    }
  });
  return handle;
}
