from eventschema.track.recognise import Recogniser

recogniser: Recogniser
