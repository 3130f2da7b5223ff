import { chromium } from 'playwright-core';
const [,, out, ...specs] = process.argv;
const b = await chromium.launch({executablePath:'/usr/bin/chromium', args:['--headless','--no-sandbox','--disable-gpu']});
for (const spec of specs) {
  const [name,width,scheme,height='1500'] = spec.split(':');
  const p = await b.newPage({viewport:{width:Math.max(+width,10),height:+height},colorScheme:scheme});
  await p.goto(`file:///tmp/rep-tools/html/${name}.html`);
  const total = await p.evaluate(()=>document.documentElement.scrollHeight);
  if (+width<600) {
    // phone: columns in one picture
    const q = await b.newPage({viewport:{width:(+width+10)*Math.min(5,Math.ceil(total/+height)),height:+height}});
    await q.setContent(`<body style="margin:0;background:gray">${Array.from({length:Math.min(5,Math.ceil(total/+height))},(_,i)=>`<img style="position:absolute;left:${i*(+width+10)}px;top:0" src="data:image/png;base64,${''}">`).join('')}`);
    for(let i=0;i<Math.min(5,Math.ceil(total/+height));i++){
      const shot = await p.screenshot({clip:{x:0,y:i*+height,width:+width,height:Math.min(+height,total-i*+height)},fullPage:true});
      await q.evaluate(([i,d])=>{document.images[i].src='data:image/png;base64,'+d;return document.images[i].decode()},[i,shot.toString('base64')]);
    }
    await q.screenshot({path:`${out}/${name}-${width}-${scheme}.png`});
  } else for(let i=0;i*+height<total;i++)
    await p.screenshot({path:`${out}/${name}-${width}-${scheme}-p${i}.png`,clip:{x:0,y:i*+height,width:+width,height:Math.min(+height,total-i*+height)},fullPage:true});
  await p.close();
}
await b.close();
