module isotls/interop

go 1.26
