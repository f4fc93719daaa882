// Globals of UXP that @adobe/cc-ext-uxp-types 7.3.1 does not declare; its README says so under "Known Issues".
declare function require(name: 'uxp'): typeof import('uxp');
declare function require(name: 'photoshop'): typeof import('photoshop');
declare function require(name: string): any;
declare var module: { exports: any }; // CommonJS: guides, "Modules"
declare var console: { log(...values: any[]): void; info(...values: any[]): void; warn(...values: any[]): void; error(...values: any[]): void };
declare function setTimeout(call: () => void, milliseconds?: number): number; // Global Members/Timers
declare function clearTimeout(id: number | undefined): void;
declare function setInterval(call: () => void, milliseconds?: number): number;
declare function clearInterval(id: number | undefined): void;
declare var window: any; // Global Members: the page's own object, whose members are the globals
declare var navigator: { clipboard: Clipboard; [name: string]: any }; // Global Members/Data Transfers/Clipboard
declare class URL { // createObjectURL shows image data in an <img>: HTML Elements/HTMLImageElement
    constructor(address: string, base?: string);
    href: string; protocol: string; hostname: string; host: string; port: string; pathname: string; search: string; origin: string;
    static createObjectURL(object: Blob): string;
    static revokeObjectURL(address: string): void;
}
declare class URLSearchParams { constructor(init?: any); append(name: string, value: string): void; toString(): string }
declare function escape(text: string): string; // ECMAScript, annex B
declare function unescape(text: string): string;
declare function atob(text: string): string; // UXP changelog 5.5
declare function btoa(text: string): string;
declare function requestAnimationFrame(call: (time: number) => void): number; // Global Members
declare function getComputedStyle(element: Element): any;
