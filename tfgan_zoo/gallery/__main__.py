"""Shows exported generators in the browser, where they run: draw, turn latents, compare, read.

python -m tfgan_zoo.gallery
python -m tfgan_zoo.gallery --models=runs/mine
python -m tfgan_zoo.gallery --export=site

Serves the shipped generators, and those below the folders of --models, to this computer alone, and
opens the page. Nothing is computed here, so that neither TensorFlow nor a GPU is needed. Reloading
the page finds what a run has exported meanwhile. Ctrl-C ends it.
"""

import os
import shlex
import sys
import threading

from absl import flags

from tfgan_zoo import command, command_line
from tfgan_zoo.gallery import collect, server, static

PORT = 8427


def define_flags():
    flags.DEFINE_multi_string(
        "models",
        [],
        "Folder of runs or exports of your own, which are looked for in it; several with commas "
        "between them",
    )
    flags.DEFINE_string(
        "laboratory",
        None,
        "Folder of a report of trainers.mode_lab, to be linked from the page; by default the first "
        "one below --models.",
    )
    flags.DEFINE_integer(
        "port", PORT, "Port to serve at; 0 is any that is free.", lower_bound=0, upper_bound=65535
    )
    flags.DEFINE_bool("open", True, "Open the page in the browser.")
    flags.DEFINE_string(
        "host",
        "127.0.0.1",
        "Address to serve at, such as 0.0.0.0 for a phone in the same network; then everybody who "
        "reaches this computer can see the generators.",
    )
    flags.DEFINE_string(
        "export",
        None,
        "Write the gallery into this folder, which any web server can host, instead of serving it.",
    )


def main(argv):
    sys.stdout.reconfigure(errors="backslashreplace")  # names on a terminal of ASCII
    sys.stderr.reconfigure(errors="backslashreplace")
    options = flags.FLAGS
    if len(argv) > 1:
        raise command.UsageError(f"{argv[1]!r} is no flag: folders are given as --models=DIR.")
    empty = [f"--{name}" for name in ("laboratory", "host", "export") if options[name].value == ""]
    if not all(given.strip(" ,") for given in options.models):
        empty.append("--models")
    if empty:
        raise command.UsageError(f"{empty[0]} is empty: say what it should be, or leave it out.")
    idle = [f"--{name}" for name in ("port", "host", "open") if options[name].present]
    if options.export is not None and idle:
        raise command.UsageError(f"{', '.join(idle)} says nothing to --export: leave it out.")
    try:
        gallery = collected(options)
        tell(gallery.found)
        if options.export is not None:
            write(gallery, options.export)
        else:
            serve(gallery, options)
    except (collect.PlaceError, static.StaticError, server.BindError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def collected(options):
    """The gallery that the flags name. Raises UsageError where there is nothing to show."""
    shipped = collect.shipped_folder()
    places = [] if shipped is None else [(shipped, collect.SHIPPED)]
    for given in options.models:
        places += [(folder, collect.OWN) for folder in listed(given)]
    if not places:
        raise command.UsageError(
            "The shipped generators lie in a checkout of TFGAN Zoo, and this package was installed "
            "without them: name a folder of runs or exports with --models=DIR."
        )
    laboratory = options.laboratory
    if laboratory is not None:
        laboratory = command_line.home(laboratory, "laboratory")
    gallery = collect.Gallery(places, laboratory)
    if not gallery.found.exports:
        raise command.UsageError(
            "No export lies below "
            + " or ".join(str(folder) for folder, _ in places)
            + ": a folder with a card.json, as trainers write it under RUN_DIR/export."
        )
    return gallery


def listed(given):
    """The folders that one --models names; a comma may also stand in a folder's name."""
    whole = command_line.home(given, "models")
    if os.path.exists(whole):
        return [whole]
    return [command_line.home(part.strip(), "models") for part in given.split(",") if part.strip()]


def tell(found):
    """Prints what cannot be shown, on the side of errors."""
    for note in found.notes:
        print(note, file=sys.stderr)
    for export in found.exports.values():
        if export.problem:
            print(f"{export.id}: {export.problem}", file=sys.stderr)


def write(gallery, folder):
    folder = command_line.home(folder, "export")
    count, size = static.write(gallery.found, folder)
    print(
        f"{folder}: {count} files, {size / 1e6:.0f} MB. Any web server can host the folder, such "
        f"as: python -m http.server --bind 127.0.0.1 --directory {shlex.quote(folder)}"
    )


def serve(gallery, options):
    """Serves until Ctrl-C."""
    with server.Server(gallery, options.host, options.port) as served:
        here = f"http://{'127.0.0.1' if every(options.host) else named(options.host)}:{served.port}"
        models = gallery.found.exports.values()
        count = sum(export.problem is None for export in models)
        if not served.only_local:
            print(
                f"--host={options.host}: everybody who reaches this computer, at its port "
                f"{served.port}, can see the page and load the files of these generators; nothing "
                "else of the disk, and nothing can be changed."
            )
        print(f"{count} model{'' if count == 1 else 's'} at {here}/ (Ctrl-C ends it)", flush=True)
        if options.open and opens():
            threading.Thread(target=show, args=(f"{here}/",), daemon=True).start()
        try:
            served.serve_forever()
        except KeyboardInterrupt:
            print("\nThe gallery is closed.")


def every(host):
    """Whether a host stands for all addresses of this computer."""
    return host in ("", "0.0.0.0", "::")


def named(host):
    """A host as an address of the web has it."""
    return f"[{host}]" if ":" in host else host


def opens():
    """Whether a window can be opened. A text browser would take the terminal over."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def show(address):
    import webbrowser

    webbrowser.open(address)


if __name__ == "__main__":
    define_flags()
    command.run(main, __doc__)
