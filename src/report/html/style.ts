/** The look of the report. It refines what the structure already says: with styles blocked the report stays readable. */

/** Content of the one `<style>` element: light, dark and print; nothing is fetched. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2127;--soft:#59636e;--line:#d4dae1;--tint:#f5f7f9;--paper:#fff;--accent:#0a5fa8;--sent:#7a3fa8;--good:#17692f;--bad:#b3121f;--unsure:#7d5200}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9ba6b2;--line:#353d47;--tint:#1b2027;--paper:#12161b;--accent:#6fb3f2;--sent:#c79bf2;--good:#5bd07c;--bad:#ff8079;--unsure:#e6b450}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
.page{max-width:80rem;margin:0 auto;padding:0 1.25rem 3rem}
a{color:var(--accent)}
code,pre{font:.92em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
header{padding:1.6rem 0 1.1rem;border-bottom:3px solid var(--tone)}
.good{--tone:var(--good)}.bad{--tone:var(--bad)}.unsure{--tone:var(--unsure)}
h1{margin:0;font-size:1.7rem;line-height:1.2;font-weight:650;overflow-wrap:anywhere}
h1 .verdict{color:var(--tone);margin-right:.5rem;white-space:nowrap}
h1 .name{font-weight:400}
.reasons{margin:.6rem 0 0;padding-left:1.2rem;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.35rem 2.25rem;margin:.9rem 0 0}
.facts dt{font-size:.8rem;color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
nav{padding:.55rem 0;border-bottom:1px solid var(--line);font-size:.86rem}
nav ul{display:flex;flex-wrap:wrap;gap:.15rem .85rem;margin:0;padding:0;list-style:none}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
section{margin-top:1.9rem}
h2{margin:0 0 .55rem;font-size:1.14rem;line-height:1.3;font-weight:650}
h3{margin:1rem 0 .3rem;font-size:.86rem;font-weight:650;color:var(--soft)}
p{margin:.3rem 0 .7rem;max-width:90ch;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:0 0 .8rem}
.scroll:focus-visible,pre:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;width:max-content}
caption{text-align:left;padding:0 0 .3rem;font-size:.82rem;color:var(--soft)}
th,td{padding:.27rem .85rem .27rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:.82rem;font-weight:500;color:var(--soft);border-bottom-color:var(--soft)}
tbody th{font-weight:400}
[align=right],[align=right] td{text-align:right}
td bdi,th bdi,td .none,th small{display:inline-block;max-width:22rem;white-space:normal;overflow-wrap:break-word}
th small{color:var(--soft);font-size:.92em}
td .short{max-width:4.8rem}
#odd-streams bdi,#odd-streams th small{max-width:min(50rem,55vw)}
.state{color:var(--tone);font-weight:650;white-space:nowrap}
.none{color:var(--soft)}
.none small{font-size:.88em}
.empty{color:var(--soft)}
.groups{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15.5rem),1fr));gap:0 2.25rem}
.groups h3{margin-top:.2rem}
.figures{margin:0}
.figures div{display:flex;justify-content:space-between;gap:1rem;padding:.22rem 0;border-bottom:1px solid var(--line)}
.figures dt{white-space:nowrap}
.figures dd{margin:0;font-weight:600;text-align:right}
.figures .none{font-weight:400;font-size:.88em}
.notes{margin:1rem 0 0;padding:.55rem .9rem .55rem 1.9rem;background:var(--tint);border-left:3px solid var(--accent);overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,32rem),1fr));gap:1.3rem 2.25rem}
figure{margin:0;min-width:0}
figcaption{margin-bottom:.35rem;font-size:.9rem}
.legend{display:block;color:var(--soft);font-size:.86em}
.entry{display:inline-block;margin-right:.75rem;overflow-wrap:anywhere}
.key{vertical-align:middle;margin-right:.15rem}
.wide svg,.narrow svg{display:block;width:100%;height:auto}
.axis{fill:var(--soft)}
.main,.second{stroke:var(--accent)}
.sent{stroke:var(--sent)}
.target{stroke:var(--soft)}
.limit,.alarm{stroke:var(--bad)}
.band{fill:var(--accent);fill-opacity:.25}
.bar{fill:var(--accent)}
details{font-size:.88rem;margin:.25rem 0 .6rem}
summary{color:var(--soft);cursor:pointer;width:fit-content}
figure details .scroll{max-height:22rem;overflow-y:auto;margin-top:.4rem}
pre{margin:.3rem 0 .9rem;padding:.6rem .8rem;background:var(--tint);overflow-x:auto;border-radius:3px}
.pair{display:flex;flex-wrap:wrap;gap:0 3.5rem}
.pair .scroll{min-width:0;max-width:100%}
.method{margin:.2rem 0 .8rem;padding-left:1.2rem;max-width:90ch}
footer{margin-top:2rem;padding-top:.6rem;border-top:1px solid var(--line);font-size:.82rem;color:var(--soft)}
.calls{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,31rem),1fr));gap:1.2rem 2rem}
.call{min-width:0;margin:0 0 .6rem;padding-left:.8rem;border-left:3px solid var(--line)}
.call:target{border-left-color:var(--accent)}
.call h3{margin:0 0 .2rem;color:var(--ink)}
.call small{font-weight:400;margin-left:.4rem}
.strip{display:block;max-width:100%;height:auto}
.strip .bar{fill-opacity:.6}
.strip .bad{fill-opacity:.7}
.call p{margin:.2rem 0 .35rem;font-size:.88rem}
.call pre{font-size:.82rem}
@media (min-width:110rem){.page{max-width:100rem}}
@media (max-width:40rem){.page{padding:0 .9rem 2rem}h1{font-size:1.35rem}.wide{display:none}.narrow[hidden]{display:block}.facts{gap:.35rem 1.4rem}td bdi,th bdi,td .none,th small{max-width:13rem}td .short{max-width:4.8rem}.groups h3{margin-top:.9rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--tint:#f4f4f4;--paper:#fff;--accent:#0a5fa8;--sent:#7a3fa8;--good:#17692f;--bad:#b3121f;--unsure:#7d5200}body{font-size:10pt}.page{max-width:none;padding:0}nav,figure details{display:none}.scroll{overflow:visible}table{font-size:7.5pt;width:auto}th,td,thead th{white-space:normal;padding-right:.5rem;overflow-wrap:anywhere}thead th{font-size:7pt}td[align],[align] td{white-space:nowrap}td bdi,th bdi{display:inline;overflow-wrap:anywhere}section{margin-top:1.1rem}h2,h3,caption{break-after:avoid}figure,tr,.groups{break-inside:avoid}.charts{grid-template-columns:1fr 1fr;gap:.8rem 1.2rem}.wide{display:block}.narrow[hidden]{display:none}pre{white-space:pre-wrap;overflow-wrap:anywhere}}
`;
