import { IsIn } from 'class-validator';
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from '#libs/transcription';

export class TranscriptQueryDto {
  @IsIn(Object.keys(TRANSCRIPT_FORMATS))
  format: TranscriptFormat = 'json';
}
