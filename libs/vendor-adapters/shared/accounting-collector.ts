import {
  RecgateError,
  type AccountingEntry,
  type AccountingOutcome,
  type JsonValue,
  type SourcePosition,
} from '#libs/recording-model';

/** What the collector needs to know of a document; a `JsonDocument` fits as it is. */
export interface AccountedSource {
  /** Line and column of a field that is in the document. */
  positionOf(path: string): SourcePosition;
  /** The value as written, or undefined. */
  at(path: string): JsonValue | undefined;
}

/** What is said of one field beside its outcome. */
export interface AccountingNote {
  readonly to?: string;
  readonly reason?: string;
  /** Shown in place of the value as written (redacted credentials, URLs without userinfo). */
  readonly value?: JsonValue;
}

/**
 * Gathers the fate of each field of one document: exactly one entry a path. A second entry for a path is a mistake
 * of the adapter and throws `gateway.internal`.
 */
export class AccountingCollector {
  private readonly entries = new Map<string, AccountingEntry>();

  constructor(private readonly source: AccountedSource) {}

  /** Takes a ready-made entry. */
  add(entry: AccountingEntry): void {
    if (this.entries.has(entry.path)) {
      throw new RecgateError('gateway.internal', `The field ${entry.path} was accounted for twice`, {
        field: entry.path,
      });
    }
    if (entry.outcome === 'dropped' && !entry.reason) {
      throw new RecgateError('gateway.internal', `The field ${entry.path} was dropped without a reason`, {
        field: entry.path,
      });
    }
    this.entries.set(entry.path, entry);
  }

  /** Accounts for a field that stands in the document; value and position come from there. */
  field(path: string, outcome: Exclude<AccountingOutcome, 'defaulted'>, note: AccountingNote = {}): void {
    const value = note.value ?? this.source.at(path);
    const { line, column } = this.source.positionOf(path);
    this.add({
      path,
      ...(value === undefined ? {} : { value }),
      outcome,
      ...(note.to === undefined ? {} : { to: note.to }),
      ...(note.reason === undefined ? {} : { reason: note.reason }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    });
  }

  /** A contract field that is absent; `path` is where it would stand. */
  defaulted(path: string, value: JsonValue, note: Omit<AccountingNote, 'value'> = {}): void {
    this.add({ path, value, outcome: 'defaulted', ...note });
  }

  /** True when the path has its entry. */
  has(path: string): boolean {
    return this.entries.has(path);
  }

  /**
   * The complete list: the fields of the document in the order of `allPaths` (`unknown` for those that nobody
   * claimed), then the defaults in the order they were applied.
   */
  finish(allPaths: readonly string[]): readonly AccountingEntry[] {
    for (const path of allPaths) {
      if (!this.entries.has(path)) this.field(path, 'unknown', { reason: 'not in the contract; kept and ignored' });
    }
    const listed = new Set(allPaths);
    const inOrder = allPaths.flatMap((path) => this.entries.get(path) ?? []);
    return [...inOrder, ...[...this.entries.values()].filter((entry) => !listed.has(entry.path))];
  }
}
