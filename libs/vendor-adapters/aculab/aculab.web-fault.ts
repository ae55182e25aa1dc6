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
  notAllowed: { of: 'auth.invalid', webCode: 'HTTP 403', status: 403 },
} as const satisfies Record<string, FaultRow>;

export type WebFaultKind = keyof typeof FAULTS;

/** An error with a code of the vendor's web services. */
export class AculabWebFault extends RecgateError {
  readonly webCode: string;
  readonly status: number;

  constructor(kind: WebFaultKind, message: string, field?: string) {
    super(FAULTS[kind].of, message, field === undefined ? {} : { field });
    this.webCode = FAULTS[kind].webCode;
    this.status = FAULTS[kind].status;
  }
}
