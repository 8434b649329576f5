"""Makes the sample documents beside this file, with the libraries people make documents with in Python.

    python3 -m venv env
    env/bin/pip install python-docx==1.2.0 openpyxl==3.1.5 xlsxwriter==3.3.1 python-pptx==1.0.2 odfpy==1.4.1 \
        xlwt==1.3.0 reportlab==5.1.0 fpdf2==2.8.9 pypdf==7.1.0 cryptography msoffcrypto-tool==6.1.0 py7zr==1.1.4 \
        pyzipper==0.4.0 zstandard==0.25.0 aspose-email-foss==26.3
    env/bin/python make.py

Four more were made from these with LibreOffice 7.4 (`soffice --headless --convert-to FORMAT FILE`): `old-letter.doc`, `letter.rtf`
and `office.pdf` from `letter.docx`, and `old-talk.ppt.gz` from `talk.odp`, packed with `gzip -9 -n`.

Nothing here runs in the tests: the documents are kept as they are. Fonts: DejaVu (free licence), in one PDF, as a subset.
All names are invented; the nine digits are made up and no number of a living person.
"""

import bz2
import datetime
import gzip
import io
import lzma
import pathlib
import tarfile
import zipfile
from email.message import EmailMessage

import docx
import fpdf
import msoffcrypto.format.ooxml
import odf.dc
import odf.draw
import odf.namespaces
import odf.office
import odf.opendocument
import odf.presentation
import odf.style
import odf.table
import odf.text
import openpyxl
import openpyxl.comments
import pptx
import py7zr
import pypdf
import pypdf.actions
import pypdf.annotations
import pypdf.generic
import pyzipper
import xlsxwriter
import xlwt
import zstandard
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from reportlab.pdfgen import canvas

HERE = pathlib.Path(__file__).parent
WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5)


def save(name, data):
    (HERE / name).write_bytes(data)


def to_bytes(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def tiny_png():
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x40\x60" * 40 for _ in range(40))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def word():
    document = docx.Document()
    document.core_properties.author = "Meta Author"
    document.core_properties.title = "Meta Title"
    document.core_properties.created = WHEN
    section = document.sections[0]
    section.header.paragraphs[0].text = "shown in the header"
    section.footer.paragraphs[0].text = "shown in the footer"
    paragraph = document.add_paragraph("shown in the body: Patiënt Bob, BSN 123456782")
    run = paragraph.add_run(" hidden run text")
    run.font.hidden = True
    # A word that Word splits into runs must stay one word.
    split = document.add_paragraph("split")
    split.add_run("to")
    split.add_run("gether")
    document.add_comment(run, text="comment by the reviewer", author="Carol Commenter", initials="CC")
    table = document.add_table(rows=2, cols=2)
    for place, text in enumerate(["cell A1", "cell B1", "cell A2", "cell B2"]):
        table.cell(place // 2, place % 2).text = text
    tracked = document.add_paragraph()
    stamp = 'w:id="7" w:author="Carol Commenter" w:date="2026-01-02T03:04:05Z"'
    tracked._p.append(
        parse_xml(f"<w:ins {nsdecls('w')} {stamp}><w:r><w:t>inserted by change</w:t></w:r></w:ins>")
    )
    tracked._p.append(
        parse_xml(f"<w:del {nsdecls('w')} {stamp}><w:r><w:delText>deleted by change</w:delText></w:r></w:del>")
    )
    document.add_picture(io.BytesIO(tiny_png()))
    data = to_bytes(document)
    # A sheet inside, as Word stores one.
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("word/embeddings/Microsoft_Excel_Sheet1.xlsx", shared_sheet())
        package.writestr(
            "word/footnotes.xml",
            f"<w:footnotes {nsdecls('w')}><w:footnote><w:p><w:r><w:t>shown in a footnote</w:t></w:r></w:p></w:footnote></w:footnotes>",
        )
    save("letter.docx", out.getvalue())
    # The same with a macro project beside it.
    out = io.BytesIO(to_bytes(docx.Document()))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    save("macros.docm", out.getvalue())
    # Nothing but a scan.
    scan = docx.Document()
    scan.add_picture(io.BytesIO(tiny_png()))
    save("scan.docx", to_bytes(scan))
    sealed = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(data)).encrypt("geheim", sealed)
    save("password.docx", sealed.getvalue())


def shared_sheet():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Embedded")
    sheet.write(0, 0, "inside the embedded sheet")
    sheet.insert_textbox(3, 3, "words in a text box")
    book.close()
    return out.getvalue()


def sheet():
    book = openpyxl.Workbook()
    book.properties.creator = "Meta Author"
    book.properties.title = "Meta Title"
    first = book.active
    first.title = "Clients"
    first.append(["Name", "BSN", "Born", "Secret column", "Amount"])
    first.append(["Bob Example", 12345672, datetime.date(1984, 3, 12), "in a hidden column", 1250.5])
    first.append(["Carol Example", "123456782", datetime.date(2001, 12, 31), "also hidden", 7])
    first.append(["row that is hidden", None, None, None, None])
    first["B2"].number_format = "000000000"
    first["C2"].number_format = "dd-mm-yyyy"
    first["C3"].number_format = "dd-mm-yyyy"
    first.column_dimensions["D"].hidden = True
    first.row_dimensions[4].hidden = True
    first["A2"].comment = openpyxl.comments.Comment("comment on a cell", "Carol Commenter")
    first.oddHeader.center.text = "shown in the page header"
    first["A200"] = "far down"
    second = book.create_sheet("Hidden")
    second["A1"] = "in a hidden sheet"
    second.sheet_state = "hidden"
    third = book.create_sheet("Very hidden")
    third["A1"] = "in a very hidden sheet"
    third.sheet_state = "veryHidden"
    book.defined_names["Rate"] = openpyxl.workbook.defined_name.DefinedName("Rate", attr_text="\"defined name value\"")
    save("clients.xlsx", to_bytes(book))
    save("textbox.xlsx", shared_sheet())
    old = xlwt.Workbook()
    shown = old.add_sheet("Clients")
    shown.write(0, 0, "Name")
    shown.write(1, 0, "in an old sheet: Ünal")
    shown.write(1, 1, 111222333)
    shown.write(1, 2, WHEN, xlwt.easyxf(num_format_str="dd-mm-yyyy"))
    hidden = old.add_sheet("Hidden")
    hidden.write(0, 0, "in an old hidden sheet")
    hidden.visibility = 1
    save("old.xls", to_bytes(old))


def slides():
    show = pptx.Presentation()
    show.core_properties.author = "Meta Author"
    layout = show.slide_layouts[1]
    one = show.slides.add_slide(layout)
    one.shapes.title.text = "shown title"
    one.placeholders[1].text = "shown on slide one"
    one.notes_slide.notes_text_frame.text = "speaker notes of slide one"
    picture = one.shapes.add_picture(io.BytesIO(tiny_png()), 0, 0)
    picture._element.nvPicPr.cNvPr.set("descr", "alternative text of a picture")
    two = show.slides.add_slide(layout)
    two.shapes.title.text = "title of the hidden slide"
    two._element.set("show", "0")
    table = two.shapes.add_table(1, 2, 0, 0, 100000, 100000).table
    table.cell(0, 0).text = "slide cell A"
    table.cell(0, 1).text = "slide cell B"
    save("talk.pptx", to_bytes(show))


def open_document():
    from odf.opendocument import OpenDocumentPresentation, OpenDocumentSpreadsheet, OpenDocumentText

    letter = OpenDocumentText()
    letter.meta.addElement(odf.dc.Title(text="Meta Title"))
    changes = odf.text.TrackedChanges()
    region = odf.text.ChangedRegion(check_grammar=False)
    region.setAttrNS(odf.namespaces.TEXTNS, "id", "ct1")
    deletion = odf.text.Deletion()
    info = odf.office.ChangeInfo()
    info.addElement(odf.dc.Creator(text="Carol Commenter"))
    info.addElement(odf.dc.Date(text="2026-01-02T03:04:05"))
    deletion.addElement(info)
    deletion.addElement(odf.text.P(text="deleted by change"))
    region.addElement(deletion)
    changes.addElement(region)
    letter.text.addElement(changes)
    style = odf.style.Style(name="Unseen", family="text")
    style.addElement(odf.style.TextProperties(display="none"))
    letter.automaticstyles.addElement(style)
    paragraph = odf.text.P(text="shown in the body: Patiënt Bob")
    paragraph.addElement(odf.text.Span(stylename=style, text="hidden run text"))
    note = odf.office.Annotation()
    note.addElement(odf.dc.Creator(text="Carol Commenter"))
    note.addElement(odf.text.P(text="comment by the reviewer"))
    paragraph.addElement(note)
    letter.text.addElement(paragraph)
    table = odf.table.Table(name="T")
    row = odf.table.TableRow()
    for text in ["cell A1", "cell B1"]:
        cell = odf.table.TableCell()
        cell.addElement(odf.text.P(text=text))
        row.addElement(cell)
    table.addElement(row)
    letter.text.addElement(table)
    master = odf.style.MasterPage(name="Standard", pagelayoutname="L")
    layout = odf.style.PageLayout(name="L")
    header = odf.style.Header()
    header.addElement(odf.text.P(text="shown in the header"))
    master.addElement(header)
    letter.automaticstyles.addElement(layout)
    letter.masterstyles.addElement(master)
    save("letter.odt", to_bytes(letter))
    flat = letter.xml()
    save("letter.fodt", flat)

    book = OpenDocumentSpreadsheet()
    unseen = odf.style.Style(name="Unseen", family="table")
    unseen.addElement(odf.style.TableProperties(display="false"))
    book.automaticstyles.addElement(unseen)

    def add_row(table, values, **attributes):
        row = odf.table.TableRow(**attributes)
        for value in values:
            cell = odf.table.TableCell()
            if value is None:
                cell.setAttribute("numbercolumnsrepeated", 3)
            else:
                cell.addElement(odf.text.P(text=value))
            row.addElement(cell)
        table.addElement(row)

    shown = odf.table.Table(name="Clients")
    shown.addElement(odf.table.TableColumn())
    shown.addElement(odf.table.TableColumn(visibility="collapse"))
    add_row(shown, ["Name", "in a hidden column", None, "BSN"])
    add_row(shown, ["Bob Example", "also hidden", None, "123456782"])
    add_row(shown, ["row that is hidden"], visibility="collapse")
    add_row(shown, [None], numberrowsrepeated=100)
    add_row(shown, ["far down"])
    book.spreadsheet.addElement(shown)
    hidden = odf.table.Table(name="Hidden", stylename=unseen)
    add_row(hidden, ["in a hidden sheet"])
    book.spreadsheet.addElement(hidden)
    save("clients.ods", to_bytes(book))

    show = OpenDocumentPresentation()
    layout = odf.style.PageLayout(name="L")
    show.automaticstyles.addElement(layout)
    master = odf.style.MasterPage(name="M", pagelayoutname=layout)
    show.masterstyles.addElement(master)
    unseen = odf.style.Style(name="dp2", family="drawing-page")
    unseen.addElement(odf.style.DrawingPageProperties(visibility="hidden"))
    show.automaticstyles.addElement(unseen)
    for text, style in [("shown on slide one", None), ("on a hidden slide", unseen)]:
        page = odf.draw.Page(masterpagename=master)
        if style is not None:
            page.setAttribute("stylename", style)
        frame = odf.draw.Frame(width="10cm", height="5cm", x="1cm", y="1cm")
        box = odf.draw.TextBox()
        box.addElement(odf.text.P(text=text))
        frame.addElement(box)
        page.addElement(frame)
        if style is None:
            notes = odf.presentation.Notes()
            frame = odf.draw.Frame(width="10cm", height="5cm", x="1cm", y="1cm")
            box = odf.draw.TextBox()
            box.addElement(odf.text.P(text="speaker notes of slide one"))
            frame.addElement(box)
            notes.addElement(frame)
            page.addElement(notes)
        show.presentation.addElement(page)
    save("talk.odp", to_bytes(show))


def pdf():
    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=1)
    page.setTitle("Meta Title")
    page.setAuthor("Meta Author")
    page.drawString(72, 720, "shown on page one: Patiënt Bob, BSN 123456782")
    page.drawString(72, 700, "second")
    page.drawString(130, 700, "column")
    text = page.beginText(72, 680)
    text.setTextRenderMode(3)
    text.textLine("invisible text of a scanner")
    page.drawText(text)
    page.acroForm.textfield(name="field", value="value of a form field", x=72, y=600, width=200, height=20)
    page.showPage()
    page.drawString(72, 720, "shown on page two")
    page.showPage()
    page.save()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue()))
    writer.add_attachment("embedded.txt", b"text of the embedded file")
    writer.add_open_action(pypdf.actions.JavaScript("app.alert('text of a script');"))
    writer.add_annotation(0, pypdf.annotations.Text(rect=(50, 550, 200, 650), text="comment on a page", open=False))
    out = io.BytesIO()
    writer.write(out)
    save("letter.pdf", out.getvalue())

    sealed = pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue()))
    sealed.encrypt("geheim", algorithm="AES-256")
    data = io.BytesIO()
    sealed.write(data)
    save("password.pdf", data.getvalue())
    # Restricted, but anybody can open it.
    locked = pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue()))
    locked.encrypt("", owner_password="geheim", algorithm="AES-128")
    data = io.BytesIO()
    locked.write(data)
    save("restricted.pdf", data.getvalue())

    document = fpdf.FPDF()
    document.set_creation_date(WHEN.replace(tzinfo=datetime.timezone.utc))
    document.add_font("DejaVu", "", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    document.set_font("DejaVu", size=12)
    document.add_page()
    document.write(8, "shown with a font of its own: Ünal Žižek, αβγ, 123456782")
    document.ln()
    with document.table(first_row_as_headings=False) as table:
        for values in [("cell A1", "cell B1"), ("cell A2", "cell B2")]:
            row = table.row()
            for value in values:
                row.cell(value)
    save("font.pdf", bytes(document.output()))

    scan = fpdf.FPDF()
    scan.set_creation_date(WHEN.replace(tzinfo=datetime.timezone.utc))
    scan.add_page()
    scan.image(io.BytesIO(tiny_png()), x=0, y=0, w=210, h=297)
    scan.set_font("Helvetica", size=8)
    scan.text(10, 290, "1 / 1")
    save("scan.pdf", bytes(scan.output()))


def mail():
    inner = EmailMessage()
    inner["From"] = "Carol <carol@example.org>"
    inner["To"] = "Alice <alice@example.org>"
    inner["Subject"] = "subject of the inner mail"
    inner["Date"] = "Fri, 02 Jan 2026 03:04:05 +0000"
    inner.set_content("body of the inner mail")
    outer = EmailMessage()
    outer["From"] = "Alice <alice@example.org>"
    outer["To"] = "Zoë Bob <bob@example.org>"
    outer["Subject"] = "outer subject: één"
    outer["Date"] = "Fri, 02 Jan 2026 03:04:05 +0000"
    outer["Message-ID"] = "<1@example.org>"
    outer["X-Internal"] = "internal header value"
    outer.set_content("plain body of the mail")
    outer.add_alternative("<p>html body of the <b>mail</b></p><!-- note in the html -->", subtype="html")
    outer.add_attachment((HERE / "clients.xlsx").read_bytes(), "application", "octet-stream", filename="clients.xlsx")
    outer.add_attachment(inner)
    save("forwarded.eml", outer.as_bytes())
    from aspose.email_foss.msg.mapi_message import MapiMessage

    message = MapiMessage.from_email_message(outer)
    message.save(HERE / "forwarded.msg")


def archives():
    letter = (HERE / "letter.docx").read_bytes()
    text = "text in the archive: Ünal\n".encode()
    sheet = (HERE / "textbox.xlsx").read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/note.txt", text)
        archive.writestr("folder/letter.docx", letter)
    plain = out.getvalue()
    save("plain.zip", plain)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in [("n" * 120 + "/note.txt", text), ("plain.zip", plain), ("sheet.xlsx", sheet)]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    tar = out.getvalue()
    save("nested.tar.gz", gzip.compress(tar, mtime=0))
    save("nested.tar.bz2", bz2.compress(tar))
    save("nested.tar.xz", lzma.compress(tar))
    save("nested.tar.zst", zstandard.ZstdCompressor().compress(tar))
    for name, options in [
        ("plain.7z", {}),
        ("password.7z", {"password": "geheim"}),
        ("names.7z", {"password": "geheim", "header_encryption": True}),
    ]:
        with py7zr.SevenZipFile(HERE / name, "w", **options) as archive:
            archive.writestr(text, "note.txt")
            archive.writestr(letter, "letter.docx")
    with pyzipper.AESZipFile(HERE / "password.zip", "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"geheim")
        archive.writestr("note.txt", text)


word()
sheet()
slides()
open_document()
pdf()
mail()
archives()
