/** Bytes as RFCs print them: hexadecimal, in groups or not. */
export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
