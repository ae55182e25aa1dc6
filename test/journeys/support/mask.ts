/** Numbers that say how long something took or when it was; live they depend on the moment. */
const MOMENTS = [
  'RecordingDuration',
  'CallDuration',
  'seconds_duration',
  'seconds_call_duration',
  'duration',
  'duration_ms',
  'start',
];

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '<uuid>'],
  [/\b\d{6}-[0-9a-f]{32}/g, '<month-id>'],
  [/\b[0-9a-f]{32}\b/g, '<id>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\b\d{4}\/\d\d\/\d\d\/\d\d_\d\d_\d\d_/g, '<second>_'],
  [/\/rest_logs\/\d{4}\/\d\d\/\d\d\//g, '/rest_logs/<day>/'],
  [/\b20\d{12}(?=_)/g, '<second>'],
  [/\b20\d{4}-(?=<call>)/g, '<month>-'],
  [/\b6\d{10}-[0-9a-f]{8}\b/g, '<interaction>'],
  ...MOMENTS.flatMap((name) => [
    [new RegExp(`("${name}":)[\\d.]+`, 'g'), '$1<n>'] as const,
    [new RegExp(`([?&]${name}=)\\d+`, 'g'), '$1<n>'] as const,
  ]),
];

/** Hides what is different on every run: ids that are made up, and times. The given call id is no such thing. */
export function mask(text: string, callId: string): string {
  const kept = text.replaceAll(callId, '<call>').replaceAll(encodeURIComponent(callId), '<call>');
  return MASKS.reduce((masked, [pattern, name]) => masked.replace(pattern, name), kept);
}
