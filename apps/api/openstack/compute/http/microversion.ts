import { DomainError } from '#libs/common/errors';

/** A compute API microversion 2.N, as its N. */
export type Microversion = number;

/** 2.1, which every client understands. */
export const lowest: Microversion = 1;
/** microversions.md says what each version up to this one changes. */
export const highest: Microversion = 90;

/** As headers and documents write it: `2.N`. */
export const renderMicroversion = (version: Microversion): string => `2.${version}`;

/** The version header is malformed (400). */
export class MalformedMicroversionError extends DomainError {
  constructor(readonly value: string) {
    super(`API Version String '${value}' is of invalid format. Must be of format MajorNum.MinorNum.`);
  }
}

/** The version asked for is not served (406). */
export class UnsupportedMicroversionError extends DomainError {
  constructor(readonly value: string) {
    super(
      `Version ${value} is not supported by the API. Minimum is ${renderMicroversion(lowest)} and maximum is ${renderMicroversion(highest)}.`,
    );
  }
}

/**
 * Nova: set_api_version_request. `OpenStack-API-Version: compute 2.N` wins over `X-OpenStack-Nova-API-Version: 2.N`;
 * without either, 2.1. `latest` is the highest. Throws MalformedMicroversionError, UnsupportedMicroversionError.
 */
export function negotiate(header: string | undefined, legacyHeader: string | undefined): Microversion {
  const wanted = serviceVersion(header) ?? legacyHeader?.trim();
  if (wanted === undefined) return lowest;
  if (wanted === 'latest') return highest;
  const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(wanted);
  if (!match) throw new MalformedMicroversionError(wanted);
  const minor = Number(match[2]);
  if (match[1] !== '2' || minor < lowest || minor > highest) throw new UnsupportedMicroversionError(wanted);
  return minor;
}

/** The header may list several services: `compute 2.53, placement 1.30`. */
function serviceVersion(header: string | undefined): string | undefined {
  for (const part of header?.split(',') ?? []) {
    const [service, version] = part.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return undefined;
}
