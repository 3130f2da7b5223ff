/** The look of the report. It refines what the structure already says: with styles blocked the report stays readable. */

/** Ink, lines and marks on white, and on black; each text reaches a contrast of 4.5, each mark of 3. */
const LIGHT =
  'color-scheme:light;--ink:#1b2026;--soft:#56606b;--line:#dce1e7;--tint:#f4f6f8;--paper:#fff;--main:#0a5fa8;--sent:#a85300;--good:#14692c;--bad:#b3121f;--unsure:#7a5000;--heat-good:#b9d6ee;--heat-fair:#f0d27a;--heat-poor:#e58a3c;--heat-bad:#8e1235;--mark-ink:#1b2026;--shade:rgba(27,32,38,.34)';
const DARK =
  'color-scheme:dark;--ink:#e3e7ec;--soft:#9da8b4;--line:#323a44;--tint:#1a1f26;--paper:#111519;--main:#6cb2f4;--sent:#f0a452;--good:#5bd07c;--bad:#ff8079;--unsure:#e6b450;--heat-good:#2c5f8a;--heat-fair:#b28a1d;--heat-poor:#d4692a;--heat-bad:#ff5c7a;--mark-ink:#0d1013;--shade:rgba(227,231,236,.3)';

/** Content of the one `<style>` element: light, dark and print; nothing is fetched. */
export const STYLE = `
:root{${LIGHT}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
:root[data-theme=dark]{${DARK}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
.page{max-width:112rem;margin:0 auto;padding:0 1.5rem 3rem}
a{color:var(--main)}
code,pre{font:.92em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
:focus-visible{outline:2px solid var(--main);outline-offset:2px}
header{padding:1.5rem 0 1.1rem}
.good{--tone:var(--good)}.bad{--tone:var(--bad)}.unsure{--tone:var(--unsure)}
h1{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;margin:0;font-size:1.5rem;line-height:1.2;font-weight:500;overflow-wrap:anywhere}
h1 .verdict{background:var(--tone);color:var(--paper);font-weight:700;letter-spacing:.02em;padding:.3rem .85rem;border-radius:4px;white-space:nowrap}
h1 .name{min-width:0}
.reasons{list-style:none;margin:.8rem 0 0;padding:0;overflow-wrap:anywhere;max-width:100ch}
.reasons li:first-child{font-size:1.1rem}
.facts{display:flex;flex-wrap:wrap;gap:.4rem 2.5rem;margin:.9rem 0 0}
.facts dt{font-size:.78rem;color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.3rem 1.5rem;padding:.5rem 0;border:solid var(--line);border-width:1px 0;font-size:.84rem;background:var(--paper)}
nav ul{flex:1 1 20rem;display:flex;flex-wrap:wrap;gap:.15rem .95rem;margin:0;padding:0;list-style:none}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.tools{display:flex;flex:none;gap:.5rem}
select,.reset,input{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:4px;padding:.1rem .45rem}
.reset{cursor:pointer;color:var(--main);border-color:var(--main)}
section{margin-top:1.7rem;scroll-margin-top:3rem}
h2{margin:0 0 .5rem;font-size:1.12rem;line-height:1.3;font-weight:650}
h3{margin:1rem 0 .3rem;font-size:.86rem;font-weight:650;color:var(--soft)}
p{margin:.3rem 0 .7rem;max-width:90ch;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:0 0 .8rem;background:linear-gradient(90deg,var(--paper) 45%,transparent) 0 0/2.2rem 100% no-repeat local,linear-gradient(270deg,var(--paper) 45%,transparent) calc(100% + 1px) 0/2.2rem 100% no-repeat local,linear-gradient(90deg,var(--shade),transparent) 0 0/.85rem 100% no-repeat scroll,linear-gradient(270deg,var(--shade),transparent) 100% 0/.85rem 100% no-repeat scroll}
table{border-collapse:collapse;font-size:.88rem;width:max-content}
caption{text-align:left;padding:0 0 .3rem;font-size:.82rem;color:var(--soft)}
th,td{padding:.24rem 1.1rem .24rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:.8rem;font-weight:500;color:var(--soft);border-bottom-color:var(--soft);vertical-align:bottom}
tbody th{font-weight:400}
[align=right],[align=right] td{text-align:right}
td bdi,th bdi,td .none,th small{display:inline-block;max-width:22rem;white-space:normal;overflow-wrap:break-word}
th small{color:var(--soft);font-size:.92em}
td>small{display:block;max-width:8rem;margin-left:auto;white-space:normal;color:var(--soft);font-size:.88em}
code~small{max-width:none;margin:0}
td .short{max-width:none;white-space:nowrap}
td .short,.figures .none{font-size:.92em}
#odd-streams bdi,#odd-streams th small{max-width:min(50rem,55vw)}
#causes th small{max-width:13rem}
tr:target>*,:target>summary{background:var(--tint)}
.sort{font:inherit;color:inherit;background:none;border:0;padding:0;margin:0;cursor:pointer;text-align:inherit}
.sort:hover{color:var(--ink);text-decoration:underline}
[aria-sort]{color:var(--ink)}
[aria-sort=ascending] .sort:after{content:" ▲" / "";font-size:.75em}
[aria-sort=descending] .sort:after{content:" ▼" / "";font-size:.75em}
.filter{display:flex;gap:.8rem;align-items:baseline;color:var(--soft);font-size:.86rem}
.state{color:var(--tone);font-weight:650;white-space:nowrap}
.none,.empty{color:var(--soft)}
.none small{font-size:.88em}
.groups{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.6rem 2rem;font-size:.9rem}
.why{font-size:.92em;color:var(--soft);margin:.35rem 0 0}
.groups h3{margin-top:.2rem;border-bottom:1px solid var(--soft);padding-bottom:.2rem}
.figures{margin:0}
.figures div{display:flex;justify-content:space-between;gap:.5rem;padding:.17rem 0;border-bottom:1px solid var(--line)}
.figures dt{color:var(--soft)}
.figures dd{margin:0;font-weight:600;text-align:right;white-space:nowrap}
.figures .none{font-weight:400;max-width:none}
.notes{margin:1rem 0 0;padding:.5rem .9rem .5rem 1.9rem;background:var(--tint);border-left:3px solid var(--unsure);overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22.5rem),1fr));gap:1.2rem 2rem}
.charts.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,18.5rem),1fr));gap:1rem 1.5rem}
figure{margin:0;min-width:0;display:flex;flex-direction:column}
figcaption{margin-bottom:.25rem;font-size:.92rem;position:relative;flex:1}
.legend{display:block;color:var(--soft);font-size:.82rem;line-height:1.5}
.entry{display:inline-block;margin-right:.9rem;overflow-wrap:anywhere}
.entry svg{vertical-align:middle;margin-right:.1rem}
.at{position:absolute;right:0;top:0;color:var(--soft);font-size:.86em}
.value{display:inline-block;min-width:2.6em;padding-left:.35em;color:var(--ink);font-weight:600}
.chart{display:block;touch-action:pan-y;overflow:visible}
.scripted .chart,.scripted .heat-row{cursor:crosshair}
.chart:focus:not(:focus-visible){outline:0}
.cursor{stroke:var(--ink);stroke-opacity:.7}
.axis,.strips .ticks{fill:var(--soft)}
.main,.second{stroke:var(--main)}
.sent{stroke:var(--sent)}
.target{stroke:var(--soft)}
.limit,.alarm{stroke:var(--bad)}
.band{fill:var(--main);fill-opacity:.2}
.bar{fill:var(--main)}
.sent-bar{fill:var(--sent)}
.heat-good{fill:var(--heat-good)}.heat-fair{fill:var(--heat-fair)}.heat-poor{fill:var(--heat-poor)}.heat-bad{fill:var(--heat-bad)}
.heat-mark{stroke:var(--mark-ink);stroke-opacity:.75}
#heat-bad .heat-mark{stroke:var(--paper);stroke-opacity:1}
.heatmap{margin-bottom:1rem}
.strips{width:100%}
.strips bdi{max-width:none;white-space:nowrap}
.fine path{stroke-width:1.25px}
.strips td,.strips th{vertical-align:middle}
.strips svg{display:block}
details{font-size:.84rem;margin:.1rem 0 .4rem}
summary{color:var(--soft);cursor:pointer;width:fit-content}
figure details .scroll{max-height:22rem;overflow-y:auto;margin-top:.4rem}
pre{margin:.3rem 0 .9rem;padding:.6rem .8rem;background:var(--tint);overflow-x:auto;border-radius:3px}
.pair{display:flex;flex-wrap:wrap;gap:0 3.5rem}
.pair .scroll{min-width:0;max-width:100%}
.method{margin:.2rem 0 .8rem;padding-left:1.2rem;max-width:100ch;font-size:.92rem}
footer{margin-top:2rem;padding-top:.6rem;border-top:1px solid var(--line);font-size:.82rem;color:var(--soft)}
.calls{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,31rem),1fr));gap:1.2rem 2rem}
.call{min-width:0;margin:0 0 .6rem;padding-left:.8rem;border-left:3px solid var(--line)}
.call:target{border-left-color:var(--main)}
.call h3{margin:0 0 .2rem;color:var(--ink)}
.call small{font-weight:400;margin-left:.4rem}
.strip{display:block;max-width:100%;height:auto}
.strip .bar{fill-opacity:.6}
.strip .bad{fill-opacity:.7}
.call p{margin:.2rem 0 .35rem;font-size:.88rem}
.call pre{font-size:.82rem}
@media (min-width:60rem){nav{position:sticky;top:0;z-index:1}}
@media (min-width:60rem){.groups{grid-template-columns:repeat(3,1fr)}main{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}section{grid-column:1/-1;min-width:0}#responses,#causes{grid-column:auto}}
@media (min-width:82rem){.groups{grid-template-columns:repeat(6,1fr);gap:0 1.25rem;font-size:.84rem}}
@media (prefers-reduced-motion:no-preference){:root{scroll-behavior:smooth}}
@media (max-width:40rem){.pair table{width:auto}.pair tbody th{white-space:normal}.page{padding:0 .9rem 2rem}h1{font-size:1.25rem}header{padding-top:1rem}.facts{gap:.35rem 1.4rem}td bdi,th bdi,td .none,th small{max-width:13rem}.groups h3{margin-top:.9rem}.strips bdi{max-width:6rem;white-space:normal}.strips th,.strips td{padding-right:.5rem;white-space:normal}}
@media print{:root:root{${LIGHT};--ink:#000;--soft:#444;--line:#bbb}body{font-size:9.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}.page{max-width:none;padding:0}nav,figure details,.filter,.value,.at{display:none!important}.groups{font-size:8pt}.legend,figcaption{font-size:8pt}.scroll{overflow:visible;background:none}table{font-size:7.5pt;width:auto}.strips{width:100%}th,td,thead th{white-space:normal;padding-right:.5rem;overflow-wrap:anywhere}thead th{font-size:7pt}td[align],[align] td{white-space:nowrap}td bdi,th bdi{display:inline;overflow-wrap:anywhere}td .short{white-space:normal}section{margin-top:1.1rem}h2,h3,caption{break-after:avoid}figure,tr,.groups{break-inside:avoid}.groups{grid-template-columns:repeat(3,1fr)}.charts{grid-template-columns:1fr 1fr;gap:.8rem 1.2rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}}
`;
