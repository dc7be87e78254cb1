-- In the page a figure has two pictures: that of the paper, and one for a narrow screen, which the attribute
-- `smal` names. stijl.css shows one of them. Runs on what is about to be written, in both renderers.

local function both(img)
  local small = img.attributes.smal
  if not small then
    return nil
  end
  img.attributes.smal = nil
  local narrow = img:clone()
  narrow.src = small
  narrow.identifier = ""
  narrow.classes:insert("smal")
  img.classes:insert("ruim")
  return { img, narrow }
end

local function wide(img)
  img.attributes.smal = nil
  return img
end

return { { Image = FORMAT:match("^html") and both or wide } }
