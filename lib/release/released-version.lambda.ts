import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { stepHandler } from '../custom-resource/step-handler';
import { type ReleaseRecords, releasedVersion } from './released-version-step';

const ssm = new SSMClient({});

const records: ReleaseRecords = {
  async read(parameterName) {
    try {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameterName }));
      return Parameter?.Value;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  },
  async writeOnce(parameterName, digest, description) {
    try {
      await ssm.send(
        new PutParameterCommand({
          Name: parameterName,
          Value: digest,
          Type: 'String',
          Description: description,
          Overwrite: false,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ParameterAlreadyExists) return false;
      throw error;
    }
  },
};

export const handler = stepHandler(releasedVersion(records));
