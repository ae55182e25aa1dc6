import {
  RecgateError,
  type FlowStep,
  type JsonObject,
  type JsonValue,
  type ParseContext,
  type ParsedDocument,
  type SourcePosition,
  type VendorDocument,
} from '#libs/recording-model';
import { AccountingCollector, isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { dropAll, finishAccounting, refused, type DocumentScope } from './aculab.document-scope.js';
import { callRecording } from './aculab.call-recording.js';
import { ObjectReader } from './aculab.object-reader.js';
import { ACTION_MAPPERS, SKIPPED_ACTIONS } from './aculab.action-table.js';
import type { MappedAction } from './aculab.mapped-action.js';
import { apiVersionOf, hasEarlyMedia, settingOf } from './aculab.settings.js';

/**
 * Reads the answer of a page (contract §1.7): a token and a list of actions, each an object with one member named after
 * the action. An action with a next page replaces the rest of the list; a list that is exhausted ends in hanging up.
 * A bare action or a bare list, as the vendor's own pages print them, is read as well, with a warning.
 * @throws RecgateError `document.*` and `field.*`: what the vendor answers with its error page.
 */
export function parseDocument(document: VendorDocument, context: ParseContext): ParsedDocument {
  const json = parseJsonDocument(document.body);
  const warnings = [...json.warnings];
  const scope: DocumentScope = {
    document: json,
    accounts: new AccountingCollector(json),
    application: context.application,
    call: context.call,
    version: apiVersionOf(context.application),
    pageUrl: document.url ?? settingOf(context.application, 'firstPage') ?? null,
    warn: (message, pointer) => warnings.push({ message, position: json.positionOf(pointer) }),
    secrets: {},
  };
  const token = readToken(scope);
  readApiVersion(scope);
  const atEnd = document.role === 'end';
  const list = mapActions(scope, token ?? tokenSoFar(context), atEnd);
  const isFirstPage = !atEnd && context.flowState !== undefined && context.flowState['answered'] !== true;
  const answers = isFirstPage && answersByItself(scope, list.steps);
  const answer: FlowStep = { at: json.positionOf(''), kind: 'answer' };
  const whole = callRecording(scope, context, isFirstPage && !refuses(list.steps));
  return {
    steps: [...(answers ? [answer] : []), ...whole.steps, ...list.steps],
    accounting: finishAccounting(scope),
    warnings,
    flowState: {
      ...(token === undefined ? {} : { token }),
      ...(context.flowState === undefined ? {} : { answered: true }),
      ...countOfRecordings(list.steps, context),
      ...whole.flowState,
      nextPages: list.nextPages,
    },
    secrets: scope.secrets,
  };
}

/** `token`: text that every later request carries; null takes it back; absent leaves it as it was (contract §1.3). */
function readToken(scope: DocumentScope): string | null | undefined {
  const { value } = scope.document;
  const token = isJsonObject(value) ? member(value, 'token') : undefined;
  if (token === undefined) return undefined;
  if (token !== null && typeof token !== 'string') throw refused(scope, '/token', 'must be a string');
  scope.accounts.field('/token', 'exact', { to: 'flowState.token' });
  return token;
}

/** The vendor's own libraries write the version into each answer; the setting `apiVersion` decides. */
function readApiVersion(scope: DocumentScope): void {
  const { value } = scope.document;
  const written = isJsonObject(value) ? member(value, 'api_version') : undefined;
  if (written === undefined) return;
  if (typeof written === 'string' && Number.parseInt(written, 10) === scope.version)
    return scope.accounts.field('/api_version', 'exact');
  scope.warn(
    `api_version is ${JSON.stringify(written)}, and the application's setting apiVersion ${scope.version}`,
    '/api_version',
  );
  dropAll(scope, '/api_version', 'the setting apiVersion decides');
}

function tokenSoFar(context: ParseContext): string | null {
  const token = context.flowState?.['token'] ?? context.call.vendor['token'];
  return typeof token === 'string' ? token : null;
}

/** The first actions of an inbound call answer it, unless they do so themselves or reject it (contract §1.1). */
function answersByItself({ call, application }: DocumentScope, steps: readonly FlowStep[]): boolean {
  if (call.direction !== 'inbound' || hasEarlyMedia(application)) return false;
  return !refuses(steps) && steps[0]?.kind !== 'answer';
}

/** Whether the list wants nothing of the call. */
function refuses([first]: readonly FlowStep[]): boolean {
  return first === undefined || first.kind === 'reject' || first.kind === 'hangup';
}

/** How many recordings the run has asked for so far; told only where the earlier count is known. */
function countOfRecordings(steps: readonly FlowStep[], context: ParseContext): JsonObject {
  if (context.flowState === undefined) return {};
  const before = context.flowState['recordings'];
  const here = steps.filter((step) => step.kind === 'record').length;
  return { recordings: (typeof before === 'number' ? before : 0) + here };
}

/** What may stand beside a bare action. */
const OUTER_MEMBERS: readonly string[] = ['token', 'api_version'];

interface MappedList {
  readonly steps: readonly FlowStep[];
  /** By URL: the action whose result the page gets. */
  readonly nextPages: JsonObject;
}

/** @param atEnd an answer that ends the call may leave out its actions */
function mapActions(scope: DocumentScope, token: string | null, atEnd: boolean): MappedList {
  const { pointer, actions } = actionList(scope, atEnd);
  const steps: FlowStep[] = [];
  let ending: MappedAction | null = null;
  const nextPages: Record<string, JsonObject> = {};
  actions.forEach((_action, index) => {
    const at = pointer === null ? '' : `${pointer}/${index}`;
    if (ending !== null) {
      steps.push(unreachedStep(scope, at));
      return;
    }
    const mapped = mapAction(scope, at, token);
    // What fails later on is told by the name of its action.
    const [name = ''] = Object.keys(scope.document.at(at) ?? {}).filter(isAction);
    const position = { ...scope.document.positionOf(at), path: `${at}/${name}` };
    steps.push(...mapped.steps.map((step) => ({ at: position, ...step })));
    if (mapped.nextPage !== undefined) {
      const { url, ...page } = mapped.nextPage;
      nextPages[url] = page;
    }
    if (mapped.ends) ending = mapped;
  });
  if (ending === null) steps.push({ at: scope.document.positionOf(pointer ?? ''), kind: 'hangup' });
  return { steps, nextPages };
}

interface ActionList {
  /** Null: the document itself is the one action. */
  readonly pointer: string | null;
  readonly actions: readonly JsonValue[];
}

function actionList(scope: DocumentScope, atEnd: boolean): ActionList {
  const { value } = scope.document;
  if (Array.isArray(value)) {
    scope.warn('A bare list is read as the actions of a page', '');
    return listAt(scope, '', value);
  }
  if (!isJsonObject(value)) throw refused(scope, '', 'must be an object');
  const actions = member(value, 'actions');
  if (Array.isArray(actions)) return listAt(scope, '/actions', actions);
  if (actions !== undefined) throw refused(scope, '/actions', 'must be an array');
  if (Object.keys(value).some(isAction)) {
    scope.warn('A bare action is read as the only one of its page', '');
    return { pointer: null, actions: [value] };
  }
  if (atEnd) return nothingMore(scope, value);
  throw new RecgateError('field.missing', 'actions is missing', {
    field: 'actions',
    position: scope.document.positionOf(''),
  });
}

/** An answer without actions asks for nothing more. */
function nothingMore(scope: DocumentScope, answer: JsonObject): ActionList {
  if (Object.keys(answer).length === 0) scope.accounts.field('', 'exact');
  return { pointer: null, actions: [] };
}

function listAt(scope: DocumentScope, pointer: string, actions: readonly JsonValue[]): ActionList {
  if (actions.length === 0)
    scope.accounts.field(pointer, 'exact', { to: 'steps', reason: 'nothing left to do: hang up' });
  return { pointer, actions };
}

function isAction(name: string): boolean {
  return Object.hasOwn(ACTION_MAPPERS, name) || Object.hasOwn(SKIPPED_ACTIONS, name);
}

/** @throws RecgateError `field.invalid` for an action that does not exist, and for an object with none or several. */
function mapAction(scope: DocumentScope, pointer: string, token: string | null): MappedAction {
  const wrapper = ObjectReader.at(scope, pointer);
  const names = wrapper.names().filter((name) => pointer !== '' || !OUTER_MEMBERS.includes(name));
  const [name = ''] = names;
  if (names.length !== 1) throw refused(scope, pointer, 'must hold exactly one member, named after the action');
  const skipped = SKIPPED_ACTIONS[name];
  if (Object.hasOwn(SKIPPED_ACTIONS, name) && skipped !== undefined)
    return skippedAction(scope, wrapper.path(name), name, skipped);
  const mapper = Object.hasOwn(ACTION_MAPPERS, name) ? ACTION_MAPPERS[name] : undefined;
  if (mapper === undefined) throw refused(scope, wrapper.path(name), 'is not an action');
  return mapper(ObjectReader.at(scope, wrapper.path(name)), token);
}

function skippedAction(scope: DocumentScope, pointer: string, name: string, reason: string): MappedAction {
  dropAll(scope, pointer, reason);
  scope.warn(`${name} is skipped: ${reason}`, pointer);
  return { steps: [{ kind: 'skipped', name, reason }], ends: false };
}

function unreachedStep(scope: DocumentScope, pointer: string): FlowStep {
  const reason = 'never reached: an action before it ends the list';
  dropAll(scope, pointer, reason);
  const action = scope.document.at(pointer);
  const name = (isJsonObject(action) ? Object.keys(action)[0] : undefined) ?? 'action';
  const at: SourcePosition = scope.document.positionOf(pointer);
  return { at, kind: 'skipped', name, reason };
}
