import {
  isVendorName,
  splitUserinfo,
  VENDOR_NAMES,
  type DocumentRole,
  type Party,
  type VendorName,
} from '#libs/recording-model';
import {
  answersOf,
  instantOf,
  keyPressesOf,
  laterDocumentsOf,
  millisecondsOf,
  pairsOf,
  readText,
  type KeyPress,
  type LaterDocument,
} from './option-values.js';
import { UsageError } from './usage-error.js';
import { DOCUMENT_URLS, START_TIME } from './vendor-defaults.js';

/** The roles a document can be given in by hand; see `VendorDocument`. */
export const ROLES = [
  'flow',
  'ice',
  'ace',
  'pie',
  'manage',
  'saved',
  'metaflow',
] as const satisfies readonly DocumentRole[];

/** What a document for a running call is: a metaflow, a Manage Call request, or the next part of the flow. */
const LIVE_ROLES: Readonly<Record<VendorName, DocumentRole>> = {
  flexml: 'flow',
  kazoo: 'metaflow',
  aculab: 'flow',
  sinch: 'manage',
};

/** The options as commander hands them over. */
export interface RawOptions {
  readonly vendor: string;
  readonly document: string;
  readonly audio?: string;
  readonly callee?: string;
  readonly dtmf?: string;
  readonly answerAt?: string;
  readonly bridgeAt?: string;
  readonly hangupAt?: string;
  readonly hangupBy?: string;
  readonly call?: string;
  readonly documentUrl?: string;
  readonly instruct?: readonly string[];
  readonly respond?: readonly string[];
  readonly set?: readonly string[];
  readonly role?: string;
  readonly seed?: string;
  readonly startTime?: string;
  readonly out?: string;
  readonly deliver?: boolean;
  readonly allowPrivate?: boolean;
}

/** What is simulated. Times are media time in ms. */
export interface SimulateOptions {
  readonly vendor: VendorName;
  readonly document: string;
  readonly documentUrl: string;
  readonly role: DocumentRole;
  /** WAV files; null: silence. */
  readonly callerAudio: string | null;
  readonly calleeAudio: string | null;
  readonly keys: readonly KeyPress[];
  /** Documents for the running call, in order of time. */
  readonly laterDocuments: readonly LaterDocument[];
  /** Null: answered at 0. */
  readonly answerAtMs: number | null;
  /** Null: never bridged. */
  readonly bridgeAtMs: number | null;
  /** Null: until the flow ends or the audio is over. */
  readonly hangupAtMs: number | null;
  readonly hangupBy: Party;
  /** JSON of the call's identity, or `@file`. */
  readonly call: string | undefined;
  /** Answers of the application by URL, in order. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
  readonly settings: Readonly<Record<string, string>>;
  readonly seed: string;
  readonly startTime: Date;
  readonly outDirectory: string;
  readonly deliver: boolean;
  readonly allowPrivate: boolean;
}

/** @throws UsageError */
export function readOptions(raw: RawOptions): SimulateOptions {
  const { vendor } = raw;
  if (!isVendorName(vendor))
    throw new UsageError(`--vendor must be one of ${VENDOR_NAMES.join(', ')}, not "${vendor}"`);
  const time = (option: string, text: string | undefined) => (text === undefined ? null : millisecondsOf(option, text));
  return {
    vendor,
    document: readText('--document', raw.document),
    documentUrl: urlOf(raw.documentUrl ?? DOCUMENT_URLS[vendor]),
    role: oneOf('--role', ROLES, raw.role ?? 'flow'),
    callerAudio: raw.audio ?? null,
    calleeAudio: raw.callee ?? null,
    keys: keyPressesOf(raw.dtmf ?? ''),
    laterDocuments: laterDocumentsOf(raw.instruct ?? [], LIVE_ROLES[vendor]),
    answerAtMs: time('--answer-at', raw.answerAt),
    bridgeAtMs: time('--bridge-at', raw.bridgeAt),
    hangupAtMs: time('--hangup-at', raw.hangupAt),
    hangupBy: oneOf('--hangup-by', ['caller', 'callee'] as const, raw.hangupBy ?? 'caller'),
    call: raw.call,
    answers: answersOf(raw.respond ?? []),
    settings: Object.fromEntries(pairsOf('--set', raw.set ?? [])),
    seed: raw.seed ?? '0',
    startTime: instantOf('--start-time', raw.startTime ?? START_TIME),
    outDirectory: raw.out ?? 'recgate-out',
    deliver: raw.deliver ?? false,
    allowPrivate: raw.allowPrivate ?? false,
  };
}

function urlOf(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new UsageError(`--document-url must be an absolute http or https URL, not "${splitUserinfo(text).url}"`);
  const { url, userinfo } = splitUserinfo(text);
  if (userinfo !== null)
    throw new UsageError(`--document-url must hold no credentials; applications have settings for them (see --help)`);
  return url;
}

function oneOf<T extends string>(option: string, words: readonly T[], text: string): T {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new UsageError(`${option} must be one of ${words.join(', ')}, not "${text}"`);
  return found;
}
