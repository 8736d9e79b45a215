export interface Answer {
  type: 'text/plain; charset=UTF-8' | 'application/json';
  body: string | Buffer;
}

/** Plain text, one line for each of a list. */
export const plain = (body: string | readonly string[] | Buffer): Answer => ({
  type: 'text/plain; charset=UTF-8',
  body: typeof body === 'string' || Buffer.isBuffer(body) ? body : body.join('\n'),
});

/** A JSON document. */
export const json = (value: object): Answer => ({ type: 'application/json', body: JSON.stringify(value) });
