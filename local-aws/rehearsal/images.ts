import { type ImageSummary, ListImageBuildVersionsCommand } from '@aws-sdk/client-imagebuilder';
import type { Core } from '../core/core';

/** All images of the account, over as many pages as it takes: a page has 25 at most. */
export async function allImages(core: Core): Promise<readonly ImageSummary[]> {
  const images: ImageSummary[] = [];
  let nextToken: string | undefined;
  do {
    const page = await core.send(new ListImageBuildVersionsCommand({ nextToken }));
    images.push(...(page.imageSummaryList ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return images;
}
