import { SSM } from '@aws-sdk/client-ssm';
import { stepHandler } from '../custom-resource/step-handler';
import { releaseRecords } from './release-records';
import { releasedVersion } from './released-version-step';

export const handler = stepHandler(releasedVersion(releaseRecords(new SSM({}))));
