import type { SpeechRequest } from '#libs/recording-model';

/** Languages that espeak-ng knows by another name than BCP 47, or in one region by another voice than in the others. */
const BY_TAG: Readonly<Record<string, string>> = {
  en: 'en-us',
  'en-au': 'en-gb',
  'en-ie': 'en-gb',
  'en-in': 'en-gb',
  'en-nz': 'en-gb',
  'en-za': 'en-gb',
  fr: 'fr-fr',
  'es-mx': 'es-419',
  'es-us': 'es-419',
  zh: 'cmn',
  'zh-hk': 'yue',
  no: 'nb',
  iw: 'he',
  in: 'id',
  fil: 'en-us',
};

const DEFAULT_VOICE = 'en-us';
const VARIANTS = [
  { words: /\b(woman|female|girl)\b/i, variant: '+f3' },
  { words: /\b(man|male|boy)\b/i, variant: '+m3' },
] as const;

/**
 * The voice names to try, the best first; the last is always one that espeak-ng has. A language that is not like a BCP 47
 * tag counts as none: names go to the program as an argument.
 */
export function espeakVoices({ language, voice }: Pick<SpeechRequest, 'language' | 'voice'>): readonly string[] {
  const variant = VARIANTS.find(({ words }) => words.test(voice ?? ''))?.variant ?? '';
  const names = [...new Set([...languageNames(language ?? ''), DEFAULT_VOICE])];
  return names.map((name) => name + variant);
}

/** `pt-BR-x` gives `pt-br-x`, `pt-br`, `pt`, each by espeak-ng's own name. */
function languageNames(language: string): string[] {
  const tag = language.replaceAll('_', '-').toLowerCase();
  if (!/^[a-z]{2,3}(-[a-z0-9]{1,8}){0,4}$/.test(tag)) return [];
  const parts = tag.split('-');
  return parts.map((_, dropped) => {
    const name = parts.slice(0, parts.length - dropped).join('-');
    return Object.hasOwn(BY_TAG, name) ? (BY_TAG[name] ?? name) : name;
  });
}
