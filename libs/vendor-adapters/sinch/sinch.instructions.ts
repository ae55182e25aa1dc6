import type { CallScript } from './sinch.call-script.js';
import { fateOfPrompt, PLAYED, readPrompt } from './sinch.prompts.js';
import { MAX_TEXT, type SvamlObject, type TextFate } from './sinch.svaml-reader.js';

const MAX_SAY = 600;
const MAX_COOKIES = 1024;
/** Digits that are sent at a time; a pause takes half a second. */
const MAX_DIGITS = 256;
const NOT_WITH_MXP = 'recording instructions do not work with connectMxp';

type ReadInstruction = (script: CallScript, instruction: SvamlObject) => void;

/** The instructions under their names in lower case (contract §1.2). */
const INSTRUCTIONS: Readonly<Record<string, ReadInstruction>> = {
  say: readSay,
  playfiles: readPlayFiles,
  senddtmf: readSendDtmf,
  setcookie: readSetCookie,
  answer: (script, instruction) => script.add(instruction.pointer, { kind: 'answer' }),
  startrecording: readStartRecording,
  stoprecording: readStopRecording,
  reportcallstatus: (script, instruction) => {
    const reason = 'the report of a call status changes nothing here';
    script.reading.claimTree(instruction.pointer, 'dropped', { reason });
    script.skip(instruction.pointer, 'reportCallStatus', reason);
  },
};

/**
 * Reads one instruction into the script. An instruction of another name is skipped with a warning.
 * @throws RecgateError `field.missing`, `field.invalid`.
 */
export function readInstruction(script: CallScript, instruction: SvamlObject): void {
  const name = instruction.requiredText(['name'], { to: 'steps' });
  const read = new Map(Object.entries(INSTRUCTIONS)).get(name.trim().toLowerCase());
  if (read !== undefined) return read(script, instruction);
  script.reading.claimTree(instruction.pointer, 'unknown', { reason: 'an instruction that is not in the contract' });
  script.skip(instruction.pointer, name, 'this instruction is not known');
}

function readSay(script: CallScript, instruction: SvamlObject): void {
  const text = instruction.requiredText(['text'], PLAYED);
  const language = instruction.text(['locale'], PLAYED);
  if (text.length > MAX_SAY) script.reading.warn(instruction.pointer, `The text is longer than ${MAX_SAY} characters`);
  script.add(instruction.pointer, { kind: 'speak', text, language, voice: null, repeat: 1, pauseMs: 0 });
}

function readPlayFiles(script: CallScript, instruction: SvamlObject): void {
  const ids = instruction.list('ids');
  if (ids === null || ids.length === 0) throw script.reading.missing(instruction.pointer, 'ids');
  const locale = instruction.text(['locale'], PLAYED);
  for (const pointer of ids) {
    const id = instruction.value(pointer);
    if (typeof id !== 'string' || id.length > MAX_TEXT)
      throw script.reading.invalid(pointer, 'ids', `Each of ids must be a string of up to ${MAX_TEXT} characters`);
    const step = readPrompt(script, pointer, id, locale);
    if (step === null) script.add(pointer, { kind: 'skipped', name: 'playFiles', reason: 'not a prompt' });
    else script.steps.push(step);
    const { outcome, ...note }: TextFate = fateOfPrompt(id, step);
    script.reading.claimTree(pointer, outcome ?? 'exact', note);
  }
}

function readSendDtmf(script: CallScript, instruction: SvamlObject): void {
  const digits = readDigits(instruction, 'value', PLAYED);
  if (digits === null) throw script.reading.missing(instruction.pointer, 'value');
  script.add(instruction.pointer, { kind: 'sendDigits', digits });
}

/**
 * Reads key tones: keys, and `w` for half a second of silence. Null when they are absent.
 * @throws RecgateError `field.invalid`
 */
export function readDigits(fields: SvamlObject, name: string, note: TextFate): string | null {
  const digits = fields.text([name], note, MAX_DIGITS)?.trim() ?? '';
  if (digits === '') return null;
  if (!/^[0-9*#w]+$/i.test(digits))
    throw fields.reading.invalid(fields.find(name) ?? fields.pointer, name, `${name} must be of 0-9 * # w`);
  return digits;
}

function readSetCookie(script: CallScript, instruction: SvamlObject): void {
  const key = instruction.requiredText(['key'], { to: 'flowState' });
  const value = instruction.text(['value'], { to: 'flowState' }) ?? '';
  if (script.setCookie(key, value, MAX_COOKIES)) return;
  script.skip(instruction.pointer, 'setCookie', `cookies may hold ${MAX_COOKIES} bytes in all`);
}

function readStartRecording(script: CallScript, instruction: SvamlObject): void {
  if (script.ignoresRecordingInstructions) return ignoreRecording(script, instruction, 'startRecording');
  const options = instruction.child('options', 'recordingOptions');
  const at = options?.pointer ?? `${instruction.pointer}/options`;
  script.startRecording(instruction, options, at, { kind: 'call' });
}

function readStopRecording(script: CallScript, instruction: SvamlObject): void {
  if (script.ignoresRecordingInstructions) return ignoreRecording(script, instruction, 'stopRecording');
  script.stopRecording(instruction.pointer);
}

function ignoreRecording(script: CallScript, instruction: SvamlObject, name: string): void {
  script.reading.claimTree(instruction.pointer, 'dropped', { reason: NOT_WITH_MXP });
  script.skip(instruction.pointer, name, NOT_WITH_MXP);
}
