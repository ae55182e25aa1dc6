import { RecgateError, type ErrorCode } from '#libs/recording-model';

interface FaultRow {
  /** The catalogue's code; decides blame and retry. */
  readonly of: ErrorCode;
  /** As `error.code` has it: four digits, or `HTTP <status>`. */
  readonly webCode: string;
  readonly status: number;
}

/** Faults of a web service request that the catalogue alone does not tell apart (contract §8.1). */
const FAULTS = {
  givenTwice: { of: 'request.invalid', webCode: '0003', status: 400 },
  isZero: { of: 'field.invalid', webCode: '0004', status: 400 },
  tokenLapsed: { of: 'auth.invalid', webCode: '0405', status: 401 },
  several: { of: 'request.invalid', webCode: 'HTTP 400', status: 400 },
  notAllowed: { of: 'auth.invalid', webCode: 'HTTP 403', status: 403 },
} as const satisfies Record<string, FaultRow>;

export type WebFaultKind = keyof typeof FAULTS;

/** An error with a code of the vendor's web services. */
export class AculabWebFault extends RecgateError {
  readonly webCode: string;
  readonly status: number;

  /** @param details the texts of all faults, where there are several */
  constructor(
    kind: WebFaultKind,
    message: string,
    field?: string,
    readonly details: readonly string[] = [],
  ) {
    super(FAULTS[kind].of, message, field === undefined ? {} : { field });
    this.webCode = FAULTS[kind].webCode;
    this.status = FAULTS[kind].status;
  }

  /** A request with several faults. */
  static several(details: readonly string[]): AculabWebFault {
    const text = 'The request has several faults: details holds each of them';
    return new AculabWebFault('several', text, undefined, details);
  }
}
