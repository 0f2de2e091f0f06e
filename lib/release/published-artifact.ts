import { relative } from 'node:path';
import { FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Release } from './manifest';

/** Where a release's artifact lies once the stack is being deployed. */
export interface PublishedArtifact {
  readonly uri: string;
  /** ARN of the object. */
  readonly arn: string;
  /** ARN pattern of all archives in its bucket: those of the releases before, too. */
  readonly archivesArn: string;
}

/** Has the CDK upload a release's artifact, under its own digest. */
export function publishArtifact(scope: IConstruct, release: Release): PublishedArtifact {
  const stack = Stack.of(scope);
  const assembly = Stage.of(scope)!.outdir;
  const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
    sourceHash: release.artifact.sha256,
    fileName: relative(assembly, release.artifact.file),
    packaging: FileAssetPackaging.FILE,
    displayName: `${release.application} ${release.version}`,
  });
  const arn = (key: string) =>
    stack.formatArn({ service: 's3', region: '', account: '', resource: bucketName, resourceName: key });
  return { uri: `s3://${bucketName}/${objectKey}`, arn: arn(objectKey), archivesArn: arn('*.tar') };
}
