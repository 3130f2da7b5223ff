/** What makes a file no capture, or ends its reading. */

export type CaptureErrorCode = 'not-a-capture' | 'unsupported' | 'damaged';

export class CaptureError extends Error {
  constructor(
    readonly code: CaptureErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'CaptureError';
  }
}
