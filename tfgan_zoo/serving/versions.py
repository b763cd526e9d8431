"""Which SavedModel of a folder is served, told without TensorFlow."""

import pathlib


def found(folders) -> dict[str, str]:
    """The name of each folder -> the path of its highest version, `NAME/VERSION/saved_model.pb`.

    Raises ValueError if a folder holds no version, or two have one name.
    """
    models = {}
    for folder in folders:
        # Whole paths: a server looks for them from a place of its own.
        path = pathlib.Path(folder).resolve()
        places = [place.parent for place in path.glob("*/saved_model.pb")]
        versions = [place for place in places if place.name.isdecimal()]
        if not versions:
            raise ValueError(
                f"{folder} holds no VERSION/saved_model.pb: name the folder of an export, such as "
                "saved_models/cgan."
            )
        if path.name in models:
            raise ValueError(f"Two models are called {path.name!r}: rename the folder of one.")
        models[path.name] = str(max(versions, key=lambda place: int(place.name)))
    return models
