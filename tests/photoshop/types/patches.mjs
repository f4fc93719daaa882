// Faults of Adobe's types and their corrections. Each must find its text: when Adobe mends a fault, the check says so here.
const UXP = '@adobe/cc-ext-uxp-types/uxp/index.d.ts';
const IMAGING = '@types/photoshop/dom/ImagingModule.d.ts';
const CORE = '@types/photoshop/dom/CoreModules.d.ts';
const LAYER = '@types/photoshop/dom/Layer.d.ts';

export const PATCHES = [
    { file: UXP, find: '    export const secureStorage: SecureStorage;', replace: '    namespace storage { const secureStorage: SecureStorage; const localFileSystem: FileSystemProvider; }',
        reason: 'secureStorage and localFileSystem are members of storage', source: 'uxp-api/reference-js/Modules/uxp/Key-Value Storage/SecureStorage' },
    { file: UXP, find: 'getItem(key: string): Promise<Uint8Array>;', replace: 'getItem(key: string): Promise<Uint8Array | null>;',
        reason: 'data can be lost, so a key may be missing', source: 'the same page, "a cache rather than a persistent storage"' },
    { file: UXP, find: /setup\(entrypoints: \{[\s\S]*?\n {8}\}\): any;|setup\(entrypoints: \{[\s\S]*?\n {8}\}\): void;/, replace: `setup(entrypoints: {
            plugin?: { create?(): any; destroy?(): any };
            panels?: { [id: string]: { create?(root: HTMLElement): any; show?(root: HTMLElement, data?: object): any; hide?(): any; destroy?(): any;
                invokeMenu?(id: string): any; menuItems?: { id: string; label: string; enabled?: boolean; checked?: boolean; submenu?: any[] }[] } };
            commands?: { [id: string]: { run(): any } | (() => any) };
        }): void;`,
    reason: 'panels and commands are objects by id, and every method may be absent', source: 'uxp-api/reference-js/Modules/uxp/Entry Points/EntryPoints, the example' },
    { file: UXP, find: 'constructor(url: string, protocols: string | string[]);', replace: `constructor(url: string, protocols?: string | string[]);
    onopen: ((event: Event) => void) | null;
    onmessage: ((event: MessageEvent) => void) | null;
    onerror: ((event: any) => void) | null;
    onclose: ((event: CloseEvent) => void) | null;
    addEventListener(eventName: string, callback: (event: any) => void): void;
    removeEventListener(eventName: string, callback: (event: any) => void): void;`,
    reason: 'protocols is optional, and a socket has events', source: 'uxp-api/reference-js/Global Members/Data Transfers/WebSocket; plugin samples' },
    { file: UXP, find: /declare function fetch\(input: string \| Request, init\?: \{[\s\S]*?\}\): any;/, replace: `interface RequestInit {
    method?: string; headers?: Headers | { [name: string]: string }; body?: string | ArrayBuffer | Uint8Array | Blob | ReadableStream; credentials?: string; signal?: AbortSignal;
}
declare function fetch(input: string | Request, init?: RequestInit): Promise<Response>;`,
    reason: 'headers may be an object, a signal is taken, and the answer is a Promise<Response>; FormData and undefined are left out on purpose (rules network.form-data, network.signal)',
    source: 'uxp-api/reference-js/Global Members/Data Transfers/fetch' },
    { file: IMAGING, find: 'getData: (options: GetDataOptions)', replace: 'getData: (options?: GetDataOptions)', reason: 'the argument is optional', source: 'ps-reference/media/imaging, its example' },
    { file: IMAGING, find: '        sourceBounds?: Bounds;\n        /**\n         * The dimensions', replace: '        sourceBounds?: Bounds | BoundsSize;\n        /**\n         * The dimensions',
        reason: 'left, top, width, height is the other form', source: 'ps-reference/media/imaging, getPixels' },
    { file: IMAGING, find: 'targetBounds?: BoundsSize | Bounds;', replace: 'targetBounds?: { left: number; top: number };', everywhere: true,
        reason: 'only left and top are needed', source: 'ps-reference/media/imaging, putPixels' },
    { file: CORE, find: '    historySuspensionID: number;\n', replace: '    historySuspensionID: number;\n    finalName?: string;\n',
        reason: 'the documentation sets the name on what suspendHistory gave', source: 'types, ResumeHistorySuspensionOptions' },
    { file: LAYER, find: 'delete(): void;', replace: 'delete(): Promise<void> | void;', reason: 'as in the documentation of Layer.delete', source: 'ps-reference/classes/layer' },
];
