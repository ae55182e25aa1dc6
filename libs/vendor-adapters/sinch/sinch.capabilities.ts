import type { FieldCapability } from '#libs/recording-model';

type Row = readonly [
  field: string,
  to: string | null,
  support: FieldCapability['support'],
  fallback: string | null,
  note?: string,
];

const NOT_PLACED = 'The gateway leaves the connection of the call to the media that arrives';

const ROWS: readonly Row[] = [
  ['startRecording', 'steps.record', 'executed', null, 'Instruction, or action of Manage Call'],
  ['stopRecording', 'steps.stopRecording', 'executed', null, 'Instruction, or action of Manage Call'],
  ['options', 'spec', 'converted', null, 'Also recordingOptions; an object or a list of one'],
  [
    'options.destinationUrl',
    'spec.destination',
    'converted',
    null,
    's3, azure, gs; sdrive is the store of the gateway',
  ],
  ['options.credentials', 'spec.destination', 'converted', null, 'Sealed; never shown'],
  ['options.format', 'spec.format', 'executed', 'mp3', 'mp3 or wav'],
  ['options.notificationEvents', 'spec.subscriptions', 'executed', 'true'],
  ['options.transcriptionOptions.enabled', 'spec.transcription', 'not yet executed', 'false'],
  ['options.transcriptionOptions.locale', 'spec.transcription.locale', 'not yet executed', 'en-US'],
  ['action.record', 'steps.record', 'executed', null, 'On every action; on connectConf it records the conference'],
  ['action.recordingOptions', 'spec', 'converted', null, 'Without record it records too'],
  [
    'say.text',
    'steps.speak',
    'executed',
    null,
    'Spoken by the speech engine; without one it takes its time in silence',
  ],
  ['say.locale', 'steps.speak', 'executed', null],
  ['playFiles.ids', 'steps.playMedia', 'converted', null, 'URL, #href, #tts; of #ssml the words, without its marks'],
  ['playFiles.locale', 'steps.speak', 'executed', null],
  ['sendDtmf.value', 'steps.sendDigits', 'executed', null],
  ['setCookie.key', 'flowState', 'executed', null],
  ['setCookie.value', 'flowState', 'executed', null],
  ['answer', 'steps.answer', 'executed', null],
  ['reportCallStatus', null, 'not applicable', null],
  ['hangup', 'steps.hangup', 'executed', null],
  ['continue', null, 'executed', null],
  ['connectPstn.number', 'steps.connect', 'converted', null],
  ['connectPstn.maxDuration', 'steps.connect', 'converted', null, 'Seconds, at most 14400'],
  ['connectPstn.suppressCallbacks', 'steps.connect', 'executed', 'false', 'Keeps ACE and DiCE back'],
  ['connectPstn.dialTimeout', null, 'not applicable', null, NOT_PLACED],
  ['connectPstn.cli', null, 'not applicable', null, NOT_PLACED],
  ['connectPstn.dtmf', null, 'not applicable', null, NOT_PLACED],
  ['connectPstn.indications', null, 'not applicable', null, NOT_PLACED],
  ['connectPstn.amd', null, 'not applicable', null, NOT_PLACED],
  ['connectMxp.destination', 'steps.connect', 'converted', null, 'Recording instructions beside it are ignored'],
  ['connectSip.destination', 'steps.connect', 'converted', null],
  ['connectConf.conferenceId', 'steps.connect', 'executed', null],
  ['connectConf.conferenceDtmfOptions', null, 'not applicable', null],
  ['connectConf.moh', null, 'not applicable', null],
  ['connectStream.destination', null, 'not applicable', null, 'The gateway takes the audio itself'],
  ['runMenu.menus', 'steps.collectDigits', 'converted', null, 'The main menu, once'],
  ['runMenu.menus.maxDigits', 'steps.collectDigits', 'converted', '1'],
  ['runMenu.menus.timeoutMills', 'steps.collectDigits', 'converted', '5000'],
  ['runMenu.menus.options', 'flowState', 'converted', null, 'return(x); menu(x) counts as invalid input'],
  ['runMenu.enableVoice', null, 'not applicable', null],
  ['park.introPrompt', 'steps.speak', 'converted', null],
  ['park.holdPrompt', null, 'not applicable', null],
  ['park.maxDuration', 'steps.park', 'converted', null, 'Seconds, at most 600'],
];

/** What SVAML can ask for and what becomes of it (contract §1.2, §2). */
export const SINCH_CAPABILITIES: readonly FieldCapability[] = ROWS.map(([field, to, support, fallback, note]) => ({
  field,
  to,
  support,
  default: fallback,
  ...(note === undefined ? {} : { note }),
}));
