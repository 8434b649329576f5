use std::time::{Duration, Instant};

use super::Page;

fn read(html: &str) -> Page {
    Page::read(html, 1 << 30, &mut || true)
}

/// Everything, wherever it went.
fn all(html: &str) -> String {
    let page = read(html);
    let files: String =
        page.files.iter().map(|file| String::from_utf8_lossy(&file.content).into_owned()).collect();
    [page.shown, page.hidden, page.comments, page.words, files].join("\n")
}

#[test]
fn what_a_browser_shows_after_a_trick_is_shown() {
    for html in [
        "<p>Hi</p><p>BSN 123456782</p>",
        "<p>Hi</p><!----><p>BSN 123456782</p>",
        "<p>Hi</p><!--><p>BSN 123456782</p>",
        "<p>Hi</p><!---><p>BSN 123456782</p>",
        "<p>Hi</p><!-- x ---><p>BSN 123456782</p>",
        "<p>Hi</p><!-- x --!><p>BSN 123456782</p>",
        "<p>Hi</p></ x><p>BSN 123456782</p>",
        "<head><title>x</title><p>BSN 123456782</p>",
        "<p>age < 18, BSN 123456782",
        "<p>BSN &#49&#50&#51&#52&#53&#54&#55&#56&#50 .</p>",
        "<p>BSN &#x31;&#X32;3456782</p>",
        "<style></style x><p>BSN 123456782</p>",
        "<style>p { color: red }</STYLE\n><p>BSN 123456782</p>",
        "<title></title/><p>BSN 123456782</p>",
        "<p title='>'>BSN 123456782</p>",
        "<p>BSN <b>1234</b><i>56782</i></p>",
        "<p>BSN 1234\u{0}56782</p>",
        "<p>BSN 1234<!-- -->56782</p>",
        "<p>BSN 1234<img src=x>56782</p>",
        "<p>BSN 1234<span style='display:none'>9</span>56782</p>",
        "<p>BSN 1234<wbr>56782</p>",
        "<noscript><p>BSN <b>1234</b>56782</p></noscript>",
        "<textarea>BSN 123456782</textarea>",
        "<svg><text>BSN 123456782</text></svg>",
        "<plaintext>BSN 123456782",
        "<p hidden></p>BSN 123456782",
        "<p style='display:none;display:block'>BSN 123456782</p>",
    ] {
        assert!(read(html).shown.contains("BSN 123456782"), "{html}: {:?}", read(html).shown);
    }
}

#[test]
fn what_no_browser_shows_at_once_is_read_all_the_same() {
    for html in [
        "<!-- BSN 123456782 -->",
        "<!-- BSN 123456782",
        "<!--[if mso]><p>BSN <b>1234</b>56782</p><![endif]-->",
        "<![CDATA[BSN 123456782]]>",
        "<!DOCTYPE html x BSN 123456782>",
        "<?xml BSN 123456782?>",
        "</p BSN='123456782 BSN 123456782'>",
        "<p title='BSN 123456782'>x</p>",
        "<p title='BSN 123456782",
        "<p><b>caf\u{e9} &amp; more</b><p title='BSN 123456782",
        "<p title=x title='BSN 123456782'>",
        "<img alt='BSN 123456782'>",
        "<input placeholder='BSN 123456782'>",
        "<input type=hidden value='BSN 123456782'>",
        "<a href='mailto:bob@example.org?body=BSN%20123456782'>x</a>",
        "<p data-x='BSN 123456782'>x</p>",
        "<iframe srcdoc='&lt;p>BSN &lt;b>1234&lt;/b>56782'></iframe>",
        "<iframe>BSN 123456782</iframe>",
        "<script>var x = 'BSN 123456782'</script>",
        "<style>p::after { content: 'BSN 123456782' }</style>",
        "<style>/* BSN 123456782 */</style>",
        "<style>BSN 123456782</style>",
        "<style><!-- p { } --> <p>BSN 123456782</style>",
        "<svg><style><p>BSN <b>1234</b>56782</p></style></svg>",
        "<p style=\"content: 'BSN 123456782'\">x</p>",
        "<p style='BSN 123456782'>x</p>",
        "<div style='display:none'>BSN 123456782</div>",
        "<div style='mso-hide:all'>BSN 123456782</div>",
        "<template>BSN 123456782</template>",
        "<title>BSN 123456782</title>",
        "<object data='data:text/plain,BSN%20123456782'></object>",
        "<a href=' da\tta:text/html;base64,QlNOIDEyMzQ1Njc4Mg=='>x</a>",
        "<p>x</p><div BSN 123456782",
    ] {
        assert!(all(html).contains("BSN 123456782"), "{html}: {:?}", all(html));
        assert!(!read(html).shown.contains("123456782"), "{html}");
    }
}

#[test]
fn words_join_and_blocks_part() {
    assert_eq!(read("<p>a<b>b</b>c</p><div>d</div>e<br>f").shown, "abc\nd\ne\nf");
    assert_eq!(read("<p>a  \n b</p>").shown, "a b\n");
    assert_eq!(read("<pre>a  \n b</pre>").shown, "a  \n b\n");
    let table = "<table><tr><td>A<td><p>B</p></td></tr><tr><th></th><td>C</td></tr></table>";
    assert_eq!(read(table).shown, "A\tB\n\tC\n");
    assert_eq!(read("<table><tr><td><p>one</p><p>two</p></td></tr></table>").shown, "one\ntwo\n");
}

#[test]
fn looks_are_no_words_and_scripts_are_told() {
    let page =
        read("<p class=MsoNormal width=600 style='font-family:\"Calibri\",sans-serif;margin:0cm'>x</p>");
    assert_eq!(page.words, "Calibri\n");
    assert!(!page.scripts);
    for html in ["<p onclick=x()>", "<a href='java\nscript:x()'>", "<script src=x></script>"] {
        assert!(read(html).scripts, "{html}");
    }
}

#[test]
fn files_in_addresses_come_out() {
    let page = read("<img src='data:image/png;base64,iVBORw0KGgo='><img src=data:,x>");
    assert_eq!(page.files.len(), 2);
    assert_eq!(page.files[0].media_type, "image/png");
    assert_eq!(page.files[0].content, b"\x89PNG\r\n\x1a\n");
    assert_eq!(page.files[1].media_type, "text/plain");
    assert_eq!(page.words, "");
}

#[test]
fn the_end_comes_when_it_is_asked_for() {
    let page = Page::read(&"word <b>".repeat(10_000), 1000, &mut || true);
    assert!(page.cut && page.shown.len() < 2000);
    assert!(Page::read(&"word <b>".repeat(10_000), 1 << 20, &mut || false).cut);
}

/// Each of these takes seconds to hours where something is looked for again and again.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test of what it costs")]
fn hostile_pages_take_linear_time() {
    for part in [
        "<!--",
        "<",
        "</",
        "<a ",
        "<a a=",
        "<a a='",
        "&",
        "&#",
        "<![CDATA[",
        "<style>",
        "<script><!--",
        "<p>",
        "<td>",
        "<tr><td>",
        "<b hidden>",
        "<iframe srcdoc='",
        "<!DOCTYPE ",
        "-->",
        "</b>",
        "<table>",
        "\r",
        "<p style='a",
        "<p style=\"'/*",
        "<p title='<'>",
        "(",
        "</b><i>",
    ] {
        for before in ["", "<style>", "<p style=\"", &"<a>".repeat(1000)] {
            let start = Instant::now();
            read(&format!("{before}{}", part.repeat((1 << 20) / part.len())));
            // A tenth of a second for honest work; what is quadratic would take hours.
            assert!(start.elapsed() < Duration::from_secs(10), "{before:.9}{part:?}: {:?}", start.elapsed());
        }
    }
}
