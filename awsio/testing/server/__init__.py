"""An HTTP server on 127.0.0.1 that plays the services of AWS, by botocore's models.

From the request to the reply: :mod:`routing` finds the operation, :mod:`request` reads
the arguments, :mod:`scripts` tell how the call is answered or :mod:`defaults` does,
:mod:`outputs` and :mod:`error_responses` write it in the service's protocol, and
:mod:`app` sends it, in hypercorn on a thread of its own (:mod:`server_thread`).
"""
