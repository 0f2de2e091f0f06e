import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, didYouMean } from '../configuration-error';
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

const PLAYBOOKS = join(FOLDER, 'playbooks');
/**
 * Image Builder's limit for a document that is given as data.
 * @see https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateComponent.html
 */
const COMPONENT_LIMIT_CHARACTERS = 16_000;

/**
 * The components of a release's image, in the order in which they are carried out.
 * @param playbooks names of Ansible playbooks in `image-recipes/playbooks/`, in the order in which they are played
 * @param patchTo release of Amazon Linux 2023 to which the base image is patched, or `base`: its own
 * @throws ConfigurationError for a playbook that is not there, and for a document that Image Builder does not take
 */
export function recipeComponents(
  release: Release,
  artifactUri: string,
  playbooks: readonly string[] = [],
  patchTo = 'base',
): readonly RecipeComponent[] {
  const components = [
    patchTo === 'base'
      ? component('UpdateOs', 'update-os')
      : component('UpdateOs', 'patch-to', { Release: patchTo }),
    component('Harden', 'harden'),
    ...ansible(playbooks),
    {
      ...component('InstallRelease', 'install-release'),
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
    component('Services', 'services'),
    component('Drift', 'drift'),
    component('Seal', 'seal'),
  ];
  for (const each of components) checkLength(each);
  return components;
}

/** @throws ConfigurationError when Image Builder would not take the document */
export function checkLength({ id, document }: Pick<RecipeComponent, 'id' | 'document'>): void {
  if (document.length <= COMPONENT_LIMIT_CHARACTERS) return;
  const remedy = id.startsWith('Playbook-') ? 'split the playbook' : 'split the document into two components';
  throw new ConfigurationError(
    `The component ${id} has ${document.length} characters, and Image Builder takes ${COMPONENT_LIMIT_CHARACTERS}: ${remedy}.`,
  );
}

function component(
  id: string,
  file: string,
  parameters: RecipeComponent['parameters'] = {},
): RecipeComponent {
  return { id, document: readWithBootFiles(join(FOLDER, `${file}.yaml`)), parameters };
}

/** Ansible is there for the playbooks alone, and gone before the release is installed. */
function ansible(playbooks: readonly string[]): readonly RecipeComponent[] {
  if (playbooks.length === 0) return [];
  const frame = component('Playbook', 'playbook');
  const played = playbooks.map((name) => ({
    ...frame,
    id: `Playbook-${name}`,
    document: frame.document.replace(/^( *)<playbook>$/m, (_, indent: string) => indent + readPlaybook(name)),
  }));
  return [
    component('AnsibleInstall', 'ansible-install'),
    ...played,
    component('AnsibleRemove', 'ansible-remove'),
  ];
}

/** A playbook in base64, on one line. */
function readPlaybook(name: string): string {
  const file = join(PLAYBOOKS, `${name}.yaml`);
  if (!existsSync(file)) {
    const names = readdirSync(PLAYBOOKS)
      .filter((entry) => entry.endsWith('.yaml'))
      .map((entry) => entry.slice(0, -'.yaml'.length));
    throw new ConfigurationError(
      `playbooks names "${name}"${didYouMean(name, names)}; image-recipes/playbooks/ has ${names.join(', ')}.`,
    );
  }
  return readFileSync(file).toString('base64');
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
