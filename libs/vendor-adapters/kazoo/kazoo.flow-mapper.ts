import { RecgateError, type FlowAction, type FlowStep, type JsonObject } from '#libs/recording-model';
import { childPointer, isJsonObject, member } from '../shared/index.js';
import { KNOWN_MODULES, METAFLOW_MODULES } from './kazoo.modules.js';
import { mapRecordCall, mapRecordCaller } from './kazoo.request-mapper.js';
import { asFlag } from './kazoo.schema.js';
import { accountBelow, FieldReader, type KazooScope } from './kazoo.scope.js';
import { endsFlow, mapOtherModule } from './kazoo.step-mapper.js';

const RECORDERS: ReadonlyMap<string, (data: FieldReader, scope: KazooScope) => readonly FlowAction[]> = new Map([
  ['record_call', mapRecordCall],
  ['record_caller', mapRecordCaller],
]);

/**
 * Walks a callflow along its wildcard children into steps (contract §1.1). A callflow that ends hangs up; a metaflow
 * leaves the call alone.
 * @throws RecgateError `field.missing` or `field.invalid` when the root is not a node.
 */
export function mapFlow(rootPointer: string, scope: KazooScope): readonly FlowStep[] {
  const steps: FlowStep[] = [];
  let pointer: string | null = rootPointer;
  while (pointer !== null) {
    const node: JsonObject | null = nodeAt(pointer, pointer === rootPointer, scope);
    if (node === null) break;
    const at = scope.document.positionOf(pointer);
    const actions = nodeActions(node, pointer, scope);
    steps.push(...actions.map((action): FlowStep => ({ at, ...action })));
    const end: string = childPointer(pointer, 'children');
    if (actions.some(endsFlow)) {
      accountBelow(scope, end, 'dropped', { reason: 'never reached' });
      return steps;
    }
    pointer = wildcardChild(node, end, scope);
  }
  // A flow that ends hangs up (contract §1.1): that is the runner's own rule, no step of the document.
  return steps;
}

function nodeAt(pointer: string, isRoot: boolean, scope: KazooScope): JsonObject | null {
  const node = scope.document.at(pointer);
  if (isJsonObject(node) && (!isRoot || typeof member(node, 'module') === 'string')) return node;
  const position = scope.document.positionOf(pointer);
  if (!isRoot) {
    scope.warnings.push({ message: 'The child is not a node: the flow ends here', position });
    accountBelow(scope, pointer, 'dropped', { reason: 'not a node' });
    return null;
  }
  if (!isJsonObject(node))
    throw new RecgateError('field.invalid', 'A callflow node must be an object', { field: 'flow', position });
  throw new RecgateError('field.missing', 'A callflow node must name its module', { field: 'module', position });
}

function nodeActions(node: JsonObject, pointer: string, scope: KazooScope): readonly FlowAction[] {
  const data = new FieldReader(scope, childPointer(pointer, 'data'));
  const name = member(node, 'module');
  const module = typeof name === 'string' ? name : '';
  const modulePointer = childPointer(pointer, 'module');
  const account = (
    outcome: 'exact' | 'converted' | 'dropped' | 'unknown',
    note: { to?: string; reason?: string },
  ): void => accountBelow(scope, modulePointer, outcome, note);
  const skip = (reason: string, outcome: 'dropped' | 'unknown' = 'dropped'): readonly FlowAction[] => {
    account(outcome, { reason });
    data.dropRest(reason);
    scope.warnings.push({
      message: `The module ${JSON.stringify(module)} is skipped: ${reason}`,
      position: scope.document.positionOf(modulePointer),
    });
    return [{ kind: 'skipped', name: module, reason }];
  };
  if (skipModule(data)) return skip('skip_module is true');
  if (!isKnown(module, scope)) return skip('there is no such module', 'unknown');
  const recorder = RECORDERS.get(module);
  if (recorder !== undefined) {
    const actions = recorder(data, scope);
    data.accountEmpty('no keys: the defaults apply');
    account('exact', { to: 'step' });
    return actions;
  }
  const actions = mapOtherModule(module, data, scope);
  const kind = actions.at(-1)?.kind;
  if (kind === undefined) return skip('the gateway does not run this module');
  account(kind === module ? 'exact' : 'converted', { to: `step.${kind}` });
  return actions;
}

function isKnown(module: string, { starter }: KazooScope): boolean {
  return KNOWN_MODULES.has(module) || (starter === 'metaflow' && METAFLOW_MODULES.has(module));
}

function skipModule(data: FieldReader): boolean {
  return data.take('skip_module', {
    to: 'step',
    fallback: false,
    shown: null,
    read: (value) => {
      const flag = asFlag(value);
      return flag === undefined ? undefined : { value: flag };
    },
  });
}

/** The pointer of child `_`, or null at the end of the flow; the other branches are accounted for. */
function wildcardChild(node: JsonObject, pointer: string, scope: KazooScope): string | null {
  const children = member(node, 'children');
  if (!isJsonObject(children)) {
    accountBelow(scope, pointer, 'dropped', { reason: 'not an object of branches' });
    return null;
  }
  if (Object.keys(children).length === 0)
    accountBelow(scope, pointer, 'exact', { to: 'step.hangup', reason: 'no child: the flow ends' });
  const isBareNode = member(children, '_') === undefined && typeof member(children, 'module') === 'string';
  if (isBareNode) {
    const message = 'children holds a node instead of branches: without "_" the flow ends here';
    scope.warnings.push({ message, position: scope.document.positionOf(pointer) });
    accountBelow(scope, pointer, 'dropped', { reason: 'not under a branch name: never run' });
    return null;
  }
  for (const branch of Object.keys(children)) {
    if (branch !== '_')
      accountBelow(scope, childPointer(pointer, branch), 'dropped', { reason: 'only the wildcard branch is followed' });
  }
  return member(children, '_') === undefined ? null : childPointer(pointer, '_');
}
