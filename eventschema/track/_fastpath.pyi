from eventschema.track.fastpath import FastPath

fast_path: FastPath
