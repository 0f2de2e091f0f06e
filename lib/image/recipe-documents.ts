import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAUNCH_HOOK, readWithBootFiles } from '../release/boot-files';
import type { Release } from '../release/manifest';

/** A component document of the image recipe, with what it is told. */
export interface RecipeComponent {
  /** Construct id, and the end of the component's name. */
  readonly id: string;
  readonly document: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const FOLDER = join(__dirname, '..', '..', 'image-recipes');

/** The components of a release's image, in the order in which they are carried out. */
export function recipeComponents(release: Release, artifactUri: string): readonly RecipeComponent[] {
  return [
    { id: 'UpdateOs', document: readFileSync(join(FOLDER, 'update-os.yaml'), 'utf8'), parameters: {} },
    { id: 'Harden', document: readFileSync(join(FOLDER, 'harden.yaml'), 'utf8'), parameters: {} },
    {
      id: 'InstallRelease',
      document: readWithBootFiles(join(FOLDER, 'install-release.yaml')),
      parameters: {
        Application: release.application,
        Version: release.version,
        ArtifactUri: artifactUri,
        ArtifactSha256: release.artifact.sha256,
        Command: JSON.stringify(release.service.command),
        Port: String(release.service.port),
        HealthPath: release.service.healthPath,
        LaunchHook: LAUNCH_HOOK,
        Packages: release.service.packages.join(' '),
      },
    },
  ];
}

/**
 * SHA-256 over everything that shapes an image but its base. The artifact counts by its own digest, and
 * not by the bucket that it happens to lie in.
 */
export function contentDigest(
  components: readonly RecipeComponent[],
  settings: Readonly<Record<string, string | number | boolean>>,
): string {
  const documents = components.map(({ document, parameters }) => {
    const { ArtifactUri: _, ...shaping } = parameters;
    return [document, Object.entries(shaping).sort()];
  });
  const content = [documents, Object.entries(settings).sort()];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
