/** Where something stands in a source document. Lines and columns count from 1. */
export interface SourcePosition {
  /** XML: `/Response/Record[1]/@maxLength`. JSON: a JSON pointer such as `/actions/0/record/id`. */
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
}
