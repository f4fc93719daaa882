// Makes the pictures of docs/photoshop.md, in full color: node rig/run.mjs pictures.mjs
import test from 'node:test';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { open, generate, placed, PATIENCE } from './e2e/scene.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const IMAGES = path.join(ROOT, 'docs/images');
const WIDTH = 300;
const ROOM = 1400; // pixels: higher than anything that is shown, so that nothing scrolls
const MARGIN = 12;

/** The panel, as high as what it shows. */
async function shot(panel, name) {
    await panel.resize(WIDTH, ROOM);
    const height = await panel.page.evaluate(() =>
        Math.max(...[...document.querySelectorAll('#root .button, #root .label, #root .notice, #root img, #root .cardtext, #root .value, #root input')]
            .filter((node) => node.offsetParent !== null)
            .map((node) => node.getBoundingClientRect().bottom)),
    );
    await panel.resize(WIDTH, Math.ceil(height) + MARGIN);
    await panel.page.screenshot({ path: path.join(IMAGES, `photoshop-${name}.png`) });
}

test('the panel: progress, variations, History, Settings', async () => {
    const panel = await open({ width: WIDTH, height: ROOM, document: { width: 240, height: 160 }, selection: { left: 70, top: 40, right: 170, bottom: 120 }, feather: 6 });
    await generate(panel, 'inpaint', { prompt: 'a red ball on the grass', fields: { num: '3', steps: '12' } });
    await panel.page.waitForSelector('.preview', { state: 'visible', timeout: PATIENCE });
    await shot(panel, 'progress');
    await placed(panel);
    await panel.page.waitForFunction(() => [...document.querySelectorAll('.thumb')].every((image) => image.naturalWidth > 0));
    await panel.page.locator('.thumbbox').nth(1).click();
    await shot(panel, 'variations');
    await panel.page.click('#tab-history');
    await panel.page.waitForFunction(() => [...document.querySelectorAll('.small')].filter((image) => image.naturalWidth > 0).length === 3);
    await shot(panel, 'history');
    await panel.page.click('#tab-settings');
    await shot(panel, 'settings');
    await panel.close();
});

test('the panel: how long an Upscale will take', async () => {
    const panel = await open({ width: WIDTH, height: ROOM, document: { width: 1200, height: 900 }, selection: null });
    await panel.page.selectOption('#operation', 'upscale');
    await panel.page.selectOption('#treat', 'drawing');
    await panel.page.waitForFunction(() => /Enlarging takes/.test(document.querySelector('#hint').textContent), undefined, { timeout: PATIENCE });
    await shot(panel, 'upscale');
    await panel.close();
});

/** Ways to install → what is typed. */
const WAYS = {
    command: ['layerbridge plugin install photoshop'],
    package: ['layerbridge plugin package', 'unzip -l org.layerbridge.panel_PS.ccx | head -9'],
    folder: ['layerbridge plugin install photoshop --into Plug-ins', 'ls Plug-ins/layerbridge'],
    developer: ['layerbridge plugin path photoshop'],
};

/** What a terminal shows of the commands, really run in an empty home folder; folders of this machine are written as ~. */
function session(commands) {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'layerbridge-home-'));
    fs.mkdirSync(path.join(home, 'Plug-ins'));
    const environment = { HOME: home, PATH: `${ROOT}/.venv/bin:/usr/bin:/bin`, COLUMNS: '96', LANG: 'C.UTF-8' };
    try {
        const run = (command) => execFileSync('sh', ['-c', command], { cwd: home, env: environment, encoding: 'utf8' });
        const text = commands.map((command) => `$ ${command}\n${run(command)}`).join('');
        return text.replaceAll(home, '~').replaceAll(ROOT, '~/layerbridge');
    } finally {
        fs.rmSync(home, { recursive: true });
    }
}

test('the ways to install, in a terminal', async () => {
    const executablePath = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => fs.existsSync(file));
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    try {
        const page = await browser.newPage({ viewport: { width: 1000, height: 400 } });
        for (const [way, commands] of Object.entries(WAYS)) {
            await page.setContent('<pre style="display:inline-block;margin:0;padding:14px 18px;background:#1e1e1e;color:#e6e6e6;font:14px/1.4 monospace"></pre>');
            await page.evaluate((text) => { document.querySelector('pre').textContent = text; }, session(commands).trimEnd());
            await page.locator('pre').screenshot({ path: path.join(IMAGES, `photoshop-install-${way}.png`) });
        }
    } finally {
        await browser.close();
    }
});
