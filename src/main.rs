use std::path::Path;
use luzhu::{library::Library, text::Language, conversation::{step, Conversation}, message::Body};
fn main() {
    let t=std::time::Instant::now();
    let language = Language::load().unwrap();
    eprintln!("language {:?}", t.elapsed());
    let today = chrono::NaiveDate::from_ymd_opt(2026,11,23).unwrap();
    let lib = match Library::load(Path::new("knowledge"), Path::new("dialogs"), today, language) { Ok(l)=>l, Err(p)=>{ for p in p {println!("{p}");} return; } };
    eprintln!("library {:?}", t.elapsed());
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args[0]=="ask" { 
        let turn = step(&lib, &Conversation::default(), &Body::Text(args[1].clone()), today);
        println!("{}", turn.said[0].text());
        let (r, f) = lib.find(&args[1]); println!("{r:?}"); for x in f.findings { println!("{} {:?}", lib.articles[x.article].id, x);} println!("{}", f.confidence);
    } else {
        let w = lib.warnings(today); for w in &w {println!("{w}");}
        let (mut n, mut ok, mut ok2)=(0,0,0);
        let t=std::time::Instant::now();
        for (i,a) in lib.articles.iter().enumerate() { for (j,ask) in a.asks.iter().enumerate() { n+=1; 
            if lib.find(ask).1.findings.first().map(|f|f.article)==Some(i) {ok+=1}
            let f=lib.find_without(ask,(i,j)); if f.findings.first().map(|f|f.article)==Some(i) {ok2+=1} else if args[0]=="miss" { println!("LOO {} {} -> {:?}", a.id, ask, f.findings.first().map(|f| &lib.articles[f.article].id)); } } }
        println!("{n} {ok} {ok2} {:?}", t.elapsed());
    }
}
